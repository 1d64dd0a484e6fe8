import { parseSymbol, SymbolError } from '@org/market-data';
import type { Clock } from '../clock.ts';
import { SimulatorError } from '../errors.ts';
import type { MarketSource, SymbolRules } from '../market-source.ts';

/** Two of the states that exchangeInfo names: what can be traded, and a perpetual that was delisted. */
export type ListingStatus = 'TRADING' | 'SETTLING';

/** A symbol as exchangeInfo shows it. */
export interface Listing {
  readonly rules: SymbolRules;
  readonly status: ListingStatus;
  /** Ms since the epoch. */
  readonly onboardDateMs: number;
  readonly deliveryDateMs: number;
}

/** Symbols that begin to trade, that stop, and that vanish; no symbol twice. */
export interface ListingChange {
  /** A delisted symbol that is listed again goes on where it stopped. */
  readonly list?: readonly string[];
  /** They stay in exchangeInfo as SETTLING, fall silent, and have no book any more. */
  readonly delist?: readonly string[];
  /** As if they had never been listed. */
  readonly remove?: readonly string[];
}

/** More than the exchange ever listed: 924 USDⓈ-M symbols on 2026-10-07, those that settle included. */
export const SYMBOLS_MAX = 2000;

/** Delivery date of a contract that never ends. */
const NEVER_MS = 4_133_404_800_000;
/** When the exchange began to list perpetuals; nobody asks a made-up symbol for more. */
const ONBOARDED_MS = 1_569_398_400_000;

/** Name of the n-th symbol that has no other name, from 1: `SIM0001USDT`. */
export function numberedSymbol(number: number): string {
  return `SIM${String(number).padStart(4, '0')}USDT`;
}

/** Which symbols the exchange lists at this moment, in the order of their listing. */
export class Listings {
  readonly #source: MarketSource;
  readonly #clock: Clock;
  readonly #listings = new Map<string, Listing>();

  constructor(source: MarketSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    for (const rules of source.rules) {
      const dates = { onboardDateMs: ONBOARDED_MS, deliveryDateMs: NEVER_MS };
      this.#listings.set(rules.symbol, { rules, status: 'TRADING', ...dates });
    }
  }

  all(): readonly Listing[] {
    return [...this.#listings.values()];
  }

  find(symbol: string): Listing | undefined {
    return this.#listings.get(symbol);
  }

  /** Makes all of the changes or none. Throws {@link SimulatorError} `SYMBOLS_INVALID` with every mistake. */
  change(change: ListingChange): void {
    const issues: string[] = [];
    const checked = (key: keyof ListingChange): string[] =>
      (change[key] ?? []).map((text) => this.#checked(key, text, issues));
    const [list, delist, remove] = [checked('list'), checked('delist'), checked('remove')];
    const named = [...list, ...delist, ...remove];
    if (new Set(named).size < named.length) issues.push('expected every symbol once');
    const size = this.#listings.size + list.length;
    if (size > SYMBOLS_MAX) issues.push(`expected at most ${SYMBOLS_MAX} symbols, was ${size}`);
    if (issues.length > 0)
      throw new SimulatorError('SYMBOLS_INVALID', `symbols: ${issues.join('; ')}`, { issues });
    for (const symbol of list) this.#list(symbol);
    for (const symbol of delist) this.#delist(symbol);
    for (const symbol of remove) this.#remove(symbol);
  }

  #checked(key: keyof ListingChange, text: string, issues: string[]): string {
    try {
      const symbol = parseSymbol(text);
      const problem = this.#problem(key, symbol);
      if (problem !== undefined) issues.push(`${key} ${symbol}: ${problem}`);
      return symbol;
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      issues.push(`${key}: ${error.message}`);
      return text;
    }
  }

  #problem(key: keyof ListingChange, symbol: string): string | undefined {
    const status = this.#listings.get(symbol)?.status;
    if (key === 'remove') return status === undefined ? 'is not listed' : undefined;
    if (key === 'delist') return status === 'TRADING' ? undefined : 'does not trade';
    if (status === 'TRADING') return 'trades already';
    return this.#source.admits(symbol) ? undefined : 'was not recorded, so a replay cannot list it';
  }

  #list(symbol: string): void {
    const onboardDateMs = this.#listings.get(symbol)?.onboardDateMs ?? Math.floor(this.#clock.nowMs());
    const rules = this.#source.list(symbol);
    this.#listings.set(symbol, { rules, status: 'TRADING', onboardDateMs, deliveryDateMs: NEVER_MS });
  }

  #delist(symbol: string): void {
    this.#source.delist(symbol);
    const deliveryDateMs = Math.floor(this.#clock.nowMs());
    this.#listings.set(symbol, { ...this.#listings.get(symbol)!, status: 'SETTLING', deliveryDateMs });
  }

  #remove(symbol: string): void {
    if (this.#listings.get(symbol)!.status === 'TRADING') this.#source.delist(symbol);
    this.#listings.delete(symbol);
  }
}
