import type { Buffer } from 'node:buffer';
import { parseSymbol } from '@org/market-data';
import type { Cancel, Clock } from '../clock.ts';
import { SimulatorError } from '../errors.ts';
import type { BookState, MarketSource, MessageOutlet, SymbolRules } from '../market-source.ts';
import { LagGauge } from '../market-lag.ts';
import type { MarketLag } from '../market-lag.ts';
import { TradeHistory } from '../trade-history.ts';
import { instrumentOf } from './instrument.ts';
import type { Tempo } from './symbol-market.ts';
import { SymbolMarket } from './symbol-market.ts';

export interface GeneratedMarketOptions {
  readonly symbols: readonly string[];
  /** Same seed, same start time, same tempo: the same market, byte for byte. Default 1. */
  readonly seed?: number;
  /** Market time at the start, ms since the epoch. Default: the clock's time. */
  readonly startTimeMs?: number;
  /** How many seconds of market time pass in one. Default 1. */
  readonly speed?: number;
  readonly tempo?: Partial<Tempo>;
}

export const DEFAULT_TEMPO: Tempo = {
  eventsPerSecond: 20,
  tradesPerSecond: 5,
  changesPerEvent: 8,
  levels: 1200,
};

/** Longest that the market works in one go before sockets and requests get their turn. */
const SLICE_MS = 15;
const TIMER_MS_MIN = 2;

/** A market that is made up while it runs. It knows USDⓈ-M only: the split routes are what clients get wrong. */
export class GeneratedMarket implements MarketSource {
  readonly rules: readonly SymbolRules[];
  readonly history = new TradeHistory();
  readonly finished: Promise<void>;
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #startTimeMs: number;
  readonly #periodMs: number;
  /** Every symbol that ever traded; one that is listed again goes on where it stopped. */
  readonly #symbols = new Map<string, SymbolMarket>();
  readonly #trading = new Map<string, SymbolMarket>();
  readonly #open: (symbol: string, startTimeMs: number) => SymbolMarket;
  readonly #lag = new LagGauge();
  #outlet: MessageOutlet | undefined;
  #startedAtMs = 0;
  #steps = 0;
  #cancel: Cancel = () => undefined;
  #finish: () => void = () => undefined;

  constructor(options: GeneratedMarketOptions, clock: Clock) {
    const tempo = { ...DEFAULT_TEMPO, ...options.tempo };
    this.#clock = clock;
    this.#speed = options.speed ?? 1;
    this.#startTimeMs = options.startTimeMs ?? Math.floor(clock.nowMs());
    this.#periodMs = 1000 / tempo.eventsPerSecond;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    const outlet = {
      history: this.history,
      isHeard: (stream: string) => this.#outlet?.isHeard(stream) ?? false,
      send: (message: Parameters<MessageOutlet['send']>[0]) => this.#outlet?.send(message),
    };
    const names = [...new Set(options.symbols.map(parseSymbol))];
    if (names.length === 0)
      throw new SimulatorError('OPTIONS_INVALID', 'symbols: expected at least one, was none');
    const { seed = 1 } = options;
    this.#open = (symbol, startTimeMs) =>
      new SymbolMarket(instrumentOf(symbol), { seed, startTimeMs, tempo }, outlet);
    this.rules = names.map((symbol) => this.list(symbol));
  }

  start(outlet: MessageOutlet): void {
    this.#outlet = outlet;
    this.#startedAtMs = this.#clock.nowMs();
    this.#plan();
  }

  subscribed(): void {
    // A live market runs whether somebody listens or not.
  }

  depth(symbol: string, limit: number): Promise<Buffer | undefined> {
    return Promise.resolve(this.#trading.get(symbol)?.depthBody(limit));
  }

  admits(): boolean {
    return true;
  }

  list(symbol: string): SymbolRules {
    const market = this.#symbols.get(symbol) ?? this.#open(symbol, this.#marketMs);
    this.#symbols.set(symbol, market);
    this.#trading.set(symbol, market);
    return market.instrument;
  }

  delist(symbol: string): void {
    this.#trading.delete(symbol);
  }

  lastPriceUnits(symbol: string): number {
    return this.#trading.get(symbol)?.lastPriceUnits ?? 0;
  }

  books(): readonly BookState[] {
    return [...this.#trading.values()].map((market) => market.book());
  }

  lag(): MarketLag {
    return this.#lag.report();
  }

  problems(): readonly string[] {
    return [];
  }

  stop(): Promise<void> {
    this.#cancel();
    this.#outlet = undefined;
    this.#finish();
    return Promise.resolve();
  }

  get #marketMs(): number {
    return this.#startTimeMs + Math.floor(this.#steps * this.#periodMs);
  }

  get #nextDueMs(): number {
    return this.#startedAtMs + ((this.#steps + 1) * this.#periodMs) / this.#speed;
  }

  #plan(): void {
    const waitMs = this.#nextDueMs - this.#clock.nowMs();
    this.#cancel = this.#clock.after(waitMs <= 0 ? 0 : Math.max(TIMER_MS_MIN, waitMs), () => this.#run());
  }

  /** Takes every step that is due, all symbols at the same market time, and sends what came of it in one go. */
  #run(): void {
    const beganMs = this.#clock.nowMs();
    this.#lag.note(beganMs - this.#nextDueMs);
    const dueSteps = Math.floor(((beganMs - this.#startedAtMs) * this.#speed) / this.#periodMs);
    while (this.#steps < dueSteps && this.#outlet !== undefined) {
      this.#steps++;
      for (const market of this.#trading.values()) market.step(this.#marketMs);
      if (this.#clock.nowMs() - beganMs > SLICE_MS) break;
    }
    this.#outlet?.flush();
    if (this.#outlet !== undefined) this.#plan();
  }
}
