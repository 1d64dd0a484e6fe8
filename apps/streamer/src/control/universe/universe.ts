import type { BinanceRest, Clock } from '@org/binance-client';
import type { UniverseConfig } from '@org/config';
import { errorFields, type Log } from '../../logging/child-log.ts';
import { type Activities, byVolume, fetchActivities } from './activity.ts';
import { keepLargest } from './keep-largest.ts';
import { isTrading, type Listing, readListing, whyDisbelieved } from './listing.ts';
import { type Choice, competitors, selectSymbols, whyLeftOut } from './select-symbols.ts';
import type { SymbolMemory } from './symbol-memory.ts';

export interface UniverseOptions {
  readonly rest: Pick<BinanceRest, 'exchangeInfo' | 'tickers24hr'>;
  readonly rules: UniverseConfig;
  readonly memory: Pick<SymbolMemory, 'recall' | 'keep'>;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
  readonly log: Log;
  /** Ends the wait for an exchange that does not answer. */
  readonly signal: AbortSignal;
}

/** What another look at the exchange has changed. */
export interface UniverseChange {
  /** All that are recorded from now on. */
  readonly symbols: readonly string[];
  readonly added: readonly string[];
  /** With the reason, in words for people. */
  readonly removed: ReadonlyMap<string, string>;
  /** Of those removed, the ones that the exchange itself ended. */
  readonly ended: ReadonlySet<string>;
}

/** How often the largest are decided anew. */
const RANKING_INTERVAL_MS = 3_600_000;

/** The next look comes soon. */
const LOOK_TIMEOUT_MS = 30_000;

/** How long the first listing is waited for by one who knows what was recorded last, and by one who knows nothing. */
const PATIENCE_MS = 5000;
const PATIENCE_UNKNOWING_MS = 60_000;
const RETRY_MS = 2000;

/** Which symbols of the exchange are recorded: one choice at the beginning, then what each look at the exchange changes. */
export class Universe {
  readonly #options: UniverseOptions;
  /** The figures that the last ranking went by, if there was one. */
  activities: Activities | undefined;
  #listing: Listing | undefined;
  #largest: ReadonlySet<string> | undefined;
  #rankedAtMs = -Infinity;
  #symbols: readonly string[] = [];
  readonly #warned = new Set<string>();

  constructor(options: UniverseOptions) {
    this.#options = options;
  }

  get isListingKnown(): boolean {
    return this.#listing !== undefined;
  }

  /**
   * The first choice. When the exchange does not answer in time, what is recorded already (`before`), or the choice of an
   * earlier recorder of this folder; empty when there is none either.
   */
  async choose(before: readonly string[]): Promise<readonly string[]> {
    const { memory, log } = this.#options;
    const known = before.length > 0 ? before : memory.recall();
    this.#listing = await this.#firstListing(known.length > 0 ? PATIENCE_MS : PATIENCE_UNKNOWING_MS);
    if (this.#listing === undefined) {
      this.#symbols = known;
      log.warn('ListingUnknown', { reaction: `records what was chosen last: ${known.length} symbols` });
    } else {
      await this.#rank(new Set(known));
      this.#take(selectSymbols(this.#choice(this.#listing)));
    }
    return this.#symbols;
  }

  /** Looks at the exchange again. Undefined when nothing has changed, or when its answer is not believed. */
  async look(): Promise<UniverseChange | undefined> {
    const { log } = this.#options;
    try {
      const next = await this.#fetch(LOOK_TIMEOUT_MS);
      const doubt = whyDisbelieved(this.#listing, next);
      if (doubt !== undefined) {
        log.warn('ListingDisbelieved', { problem: doubt, reaction: 'everything is recorded as before' });
        return undefined;
      }
      this.#listing = next;
    } catch (error) {
      log.warn('ListingUnknown', errorFields(error));
      return undefined;
    }
    if (this.#options.clock.nowMs() - this.#rankedAtMs >= RANKING_INTERVAL_MS)
      await this.#rank(this.#largest ?? new Set(this.#symbols));
    return this.#change(this.#choice(this.#listing));
  }

  async #firstListing(patienceMs: number): Promise<Listing | undefined> {
    const { clock, log, signal } = this.#options;
    const deadlineMs = clock.nowMs() + patienceMs;
    for (;;) {
      try {
        const listing = await this.#fetch(Math.max(1, Math.ceil(deadlineMs - clock.nowMs())));
        const doubt = whyDisbelieved(undefined, listing);
        if (doubt === undefined) return listing;
        log.warn('ListingDisbelieved', { problem: doubt });
      } catch (error) {
        log.warn('ListingUnknown', errorFields(error));
      }
      if (signal.aborted || clock.nowMs() + RETRY_MS >= deadlineMs) return undefined;
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, RETRY_MS));
    }
  }

  /** Why these symbols are not recorded, and which of them the exchange itself ended. */
  explain(symbols: readonly string[]): Pick<UniverseChange, 'removed' | 'ended'> {
    if (this.#listing === undefined) return { removed: new Map(), ended: new Set() };
    const choice = this.#choice(this.#listing);
    const removed = new Map(symbols.map((symbol) => [symbol, whyLeftOut(symbol, choice) ?? ''] as const));
    const listed = choice.listing.symbols;
    const trades = (symbol: string): boolean => listed.has(symbol) && isTrading(listed.get(symbol)!);
    return { removed, ended: new Set(symbols.filter((symbol) => !trades(symbol))) };
  }

  #change(choice: Choice): UniverseChange | undefined {
    const before = new Set(this.#symbols);
    const symbols = selectSymbols(choice);
    const after = new Set(symbols);
    const added = symbols.filter((symbol) => !before.has(symbol));
    const gone = [...before].filter((symbol) => !after.has(symbol));
    if (added.length === 0 && gone.length === 0) return undefined;
    this.#take(symbols);
    return { symbols, added, ...this.explain(gone) };
  }

  #take(symbols: readonly string[]): void {
    this.#symbols = symbols;
    if (symbols.length > 0) this.#options.memory.keep(symbols);
  }

  #choice(listing: Listing): Choice {
    const { rules } = this.#options;
    this.#warn(listing);
    return { listing, rules, largest: rules.topByVolume === 0 ? undefined : (this.#largest ?? new Set()) };
  }

  /** Without figures the places stay with whom they are; there is nothing better to go by. */
  async #rank(before: ReadonlySet<string>): Promise<void> {
    const { rules, rest, log, clock } = this.#options;
    if (rules.topByVolume === 0 || this.#listing === undefined) return;
    const activities = await fetchActivities(rest, log);
    if (activities !== undefined) this.#rankedAtMs = clock.nowMs();
    this.activities = activities;
    const candidates = competitors({ listing: this.#listing, rules });
    const known = activities === undefined ? candidates.filter((symbol) => before.has(symbol)) : candidates;
    this.#largest = keepLargest(byVolume(known, activities), rules.topByVolume, before);
  }

  async #fetch(timeoutMs: number): Promise<Listing> {
    const { rest, signal } = this.#options;
    return readListing(await within(timeoutMs, signal, (ended) => rest.exchangeInfo({ signal: ended })));
  }

  /** Each once: the listing comes every minute. */
  #warn({ symbols, refused }: Listing): void {
    const { log, rules } = this.#options;
    for (const symbol of refused)
      if (this.#isNews(`refused ${symbol}`)) log.warn('SymbolRefused', { symbol, reaction: 'not recorded' });
    for (const symbol of rules.include) {
      const listed = symbols.get(symbol);
      if (listed !== undefined && isTrading(listed)) continue;
      const status = listed === undefined ? 'not listed' : listed.status;
      if (this.#isNews(`include ${symbol} ${status}`)) log.warn('SymbolNotTrading', { symbol, status });
    }
  }

  #isNews(what: string): boolean {
    if (this.#warned.has(what)) return false;
    this.#warned.add(what);
    return true;
  }
}

/** `AbortSignal.any` would leave something behind at the signal that lives as long as the process. */
async function within<T>(
  timeoutMs: number,
  stop: AbortSignal,
  ask: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  if (stop.aborted) end();
  AbortSignal.timeout(timeoutMs).addEventListener('abort', end);
  stop.addEventListener('abort', end);
  try {
    return await ask(ended.signal);
  } finally {
    stop.removeEventListener('abort', end);
  }
}
