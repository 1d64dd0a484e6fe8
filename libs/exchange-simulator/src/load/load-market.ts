import type { Buffer } from 'node:buffer';
import type { Cancel, Clock } from '../clock.ts';
import type { MarketLag } from '../market-lag.ts';
import { LagGauge } from '../market-lag.ts';
import type { BookState, MarketSource, MessageOutlet, SymbolRules } from '../market-source.ts';
import { isDepthStream } from '../product.ts';
import type { Random } from '../random.ts';
import { seededRandom } from '../random.ts';
import { Activity } from './activity.ts';
import type { DepthCycle } from './depth-cycle.ts';
import { FrameArena } from './frame-arena.ts';
import { LoadHistory } from './load-history.ts';
import type { LoadProfile } from './load-profile.ts';
import type { LoadReport } from './load-report.ts';
import type { LoadKind, LoadOutlet } from './load-symbol.ts';
import { LoadSymbol } from './load-symbol.ts';

export interface LoadMarketOptions {
  readonly symbols: readonly string[];
  /** Books that the symbols go around in, each symbol in one of them, from a place of its own. */
  readonly cycles: readonly DepthCycle[];
  readonly profile: LoadProfile;
  readonly tickMs: number;
  readonly seed: number;
}

/** Shares of the kinds, one upon the other. */
const DEPTH_UP_TO = 0.6;
const AGG_TRADE_UP_TO = 0.85;
/** Longest that the load works in one go before sockets and requests get their turn, and how often it looks. */
const SLICE_MS = 15;
const MESSAGES_BETWEEN_LOOKS = 32;
/** Distance of the places in a cycle at which neighbours begin. */
const POSITION_STEP = 37;

function kindAt(chance: number): LoadKind {
  if (chance < DEPTH_UP_TO) return 'depth';
  return chance < AGG_TRADE_UP_TO ? 'aggTrade' : 'kline';
}

/**
 * A whole exchange at a given rate, cheap enough to be measured against: its messages are copied out of prepared ones.
 * The rate is that of the exchange; what nobody is subscribed to counts as made and is never written. It begins with
 * the first depth subscription.
 */
export class LoadMarket implements MarketSource {
  readonly rules: readonly SymbolRules[];
  readonly history: LoadHistory;
  readonly finished: Promise<void>;
  readonly #options: LoadMarketOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Every symbol that ever traded; one that is listed again goes on where it stopped. */
  readonly #symbols = new Map<string, LoadSymbol>();
  readonly #trading = new Map<string, LoadSymbol>();
  #activity = new Activity<LoadSymbol>([]);
  readonly #said: LoadOutlet;
  readonly #lag = new LagGauge();
  readonly #sent: Record<LoadKind, number> = { depth: 0, aggTrade: 0, kline: 0 };
  #made = 0;
  #unheard = 0;
  #startedAtMs: number | undefined;
  #nextMinuteMs = 0;
  #outlet: MessageOutlet | undefined;
  #cancel: Cancel = () => undefined;
  #finish: () => void = () => undefined;

  constructor(options: LoadMarketOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#random = seededRandom(`${options.seed} load`);
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#said = {
      arena: new FrameArena(),
      isHeard: (stream) => this.#outlet?.isHeard(stream) ?? false,
      send: (message) => this.#outlet?.send(message),
      count: (kind) => this.#sent[kind]++,
    };
    this.rules = [...new Set(options.symbols)].map((symbol) => this.#admit(symbol).rules);
    this.history = new LoadHistory(this.#symbols);
    this.#rank();
  }

  start(outlet: MessageOutlet): void {
    this.#outlet = outlet;
  }

  subscribed(stream: string): void {
    if (this.#startedAtMs !== undefined || this.#outlet === undefined || !isDepthStream(stream)) return;
    this.#startedAtMs = this.#clock.nowMs();
    this.#plan();
  }

  depth(symbol: string, limit: number): Promise<Buffer | undefined> {
    return Promise.resolve(this.#trading.get(symbol)?.depthBody(limit));
  }

  admits(): boolean {
    return true;
  }

  list(symbol: string): SymbolRules {
    const { rules } = this.#admit(symbol);
    this.#rank();
    return rules;
  }

  delist(symbol: string): void {
    this.#trading.delete(symbol);
    this.#rank();
  }

  lastPriceUnits(symbol: string): number {
    return this.#trading.get(symbol)?.lastPriceUnits ?? 0;
  }

  books(): readonly BookState[] {
    return [...this.#trading.values()].map((one) => one.book());
  }

  lag(): MarketLag {
    return this.#lag.report();
  }

  load(): LoadReport {
    return {
      startedAtMs: this.#startedAtMs,
      made: this.#made,
      unheard: this.#unheard,
      sent: { ...this.#sent },
      behindMs: this.#lag.report().highestMs,
    };
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

  #admit(symbol: string): LoadSymbol {
    const { cycles } = this.#options;
    const index = this.#symbols.size;
    const found =
      this.#symbols.get(symbol) ??
      new LoadSymbol(
        symbol,
        cycles[index % cycles.length]!,
        index * POSITION_STEP,
        Math.floor(this.#clock.nowMs()),
        this.#said,
      );
    this.#symbols.set(symbol, found);
    this.#trading.set(symbol, found);
    return found;
  }

  #rank(): void {
    this.#activity = new Activity([...this.#trading.values()]);
  }

  /** Ms of the load at which its next message is due. */
  get #nextDueMs(): number {
    return this.#options.profile.timeOf(this.#made + 1);
  }

  /** Plans the next go: the next tick with something in it, and at once when this one had to stop early. */
  #plan(hasMore = false): void {
    const waitMs = this.#startedAtMs! + this.#nextDueMs - this.#clock.nowMs();
    const leastMs = hasMore ? 0 : this.#options.tickMs;
    this.#cancel = this.#clock.after(Math.max(leastMs, waitMs), () => this.#run());
  }

  /** Makes everything that is due by now and sends it in one go. */
  #run(): void {
    const beganMs = this.#clock.nowMs();
    const nowMs = Math.floor(beganMs);
    const elapsedMs = beganMs - this.#startedAtMs!;
    this.#lag.note(elapsedMs - this.#nextDueMs);
    const due = this.#options.profile.dueAt(elapsedMs);
    if (nowMs >= this.#nextMinuteMs) this.#roll(nowMs);
    while (this.#made < due && this.#outlet !== undefined) {
      const until = Math.min(due, this.#made + MESSAGES_BETWEEN_LOOKS);
      while (this.#made < until) this.#say(nowMs);
      if (this.#clock.nowMs() - beganMs > SLICE_MS) break;
    }
    this.#outlet?.flush();
    if (this.#outlet !== undefined) this.#plan(this.#made < due);
  }

  #say(nowMs: number): void {
    const said = this.#activity.at(this.#random.next())?.say(kindAt(this.#random.next()), nowMs) ?? 0;
    this.#made += Math.max(1, said);
    if (said === 0) this.#unheard++;
  }

  /** Ends the bars of all symbols at the full minute; what that makes is paid for by what comes next. */
  #roll(nowMs: number): void {
    this.#nextMinuteMs = (Math.floor(nowMs / 60_000) + 1) * 60_000;
    for (const one of this.#trading.values()) this.#made += one.roll(nowMs);
  }
}
