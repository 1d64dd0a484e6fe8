import type { Buffer } from 'node:buffer';
import { FrameError } from '@org/binance-wire';
import { OrderBookError } from '@org/orderbook';
import type { Cancel, Clock } from '../clock.ts';
import type { BookState, MarketSource, MessageOutlet, SymbolRules } from '../market-source.ts';
import { LagGauge } from '../market-lag.ts';
import type { MarketLag } from '../market-lag.ts';
import type { Product } from '../product.ts';
import { isDepthStream } from '../product.ts';
import { TradeHistory } from '../trade-history.ts';
import type { SymbolCapture } from './capture-index.ts';
import { indexCaptures } from './capture-index.ts';
import { readCaptureMessage } from './capture-message.ts';
import { RecordedBook } from './recorded-book.ts';
import { RecordedTrades } from './recorded-trades.ts';
import { StartGate } from './start-gate.ts';
import type { TimelineEntry } from './timeline.ts';
import { readTimeline } from './timeline.ts';

export interface ReplayOptions {
  readonly directory: string;
  readonly product: Product;
  readonly speed: number;
  readonly settleMs: number;
  readonly startOn: 'depth' | 'any';
  readonly clock: Clock;
}

/** Due frames of less than this are sent together: one timer, one write a socket. */
const TICK_MS = 2;
/** Longest that the replay works in one go before sockets and requests get their turn. */
const SLICE_MS = 15;
/** How long a request waits for the snapshot that ends a hole in the recording; nobody knows whether one comes. */
const RESYNC_WAIT_MS = 10_000;
const PROBLEMS_MAX = 100;
/** Levels a side that recorders ask for. */
const RECORDED_LIMIT = 1000;

/** What a symbol's depth requests need. */
interface SymbolBook {
  readonly capture: SymbolCapture;
  readonly book: RecordedBook;
  /** The depth stream that the book follows: the first that was recorded. */
  stream: string | undefined;
  snapshots: number;
  /** Requests that wait for the next recorded snapshot. */
  readonly waiting: Set<(body: Buffer | undefined) => void>;
}

/** Opens a folder of captures; see `indexCaptures` for what it throws. */
export async function openReplay(options: ReplayOptions): Promise<ReplayMarket> {
  return new ReplayMarket(await indexCaptures(options.directory), options);
}

/** Plays captures as one timeline: the recorded bytes, in the recorded order, at the recorded distances over `speed`. */
export class ReplayMarket implements MarketSource {
  readonly rules: readonly SymbolRules[];
  readonly history = new TradeHistory();
  readonly finished: Promise<void>;
  readonly #options: ReplayOptions;
  readonly #captures: readonly SymbolCapture[];
  readonly #books: ReadonlyMap<string, SymbolBook>;
  readonly #trades = new RecordedTrades(this.history);
  readonly #gate: StartGate;
  readonly #lag = new LagGauge();
  readonly #problems: string[] = [];
  readonly #delisted = new Set<string>();
  #finish: () => void = () => undefined;
  #isStopped = false;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(captures: readonly SymbolCapture[], options: ReplayOptions) {
    this.#options = options;
    this.#captures = captures;
    this.rules = captures.map((capture) => capture.rules);
    this.#gate = new StartGate(options.settleMs, options.clock);
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#books = new Map(
      captures.map((capture) => {
        const book = new RecordedBook(capture.rules, options.product);
        return [capture.symbol, { capture, book, stream: undefined, snapshots: 0, waiting: new Set() }];
      }),
    );
  }

  start(outlet: MessageOutlet): void {
    void this.#gate.opened
      .then(() => this.#play(outlet))
      .catch((error: unknown) => this.#problem(`replay ended early: ${String(error)}`))
      .finally(() => this.#end());
  }

  subscribed(stream: string): void {
    this.#gate.subscribed(this.#options.startOn === 'any' || isDepthStream(stream));
  }

  /**
   * Before the recorded snapshot a request waits for it and gets its bytes, unless it asked for fewer levels; later it
   * gets the book as it is at the last sent diff.
   */
  async depth(symbol: string, limit: number): Promise<Buffer | undefined> {
    const entry = this.#books.get(symbol);
    if (entry === undefined) return undefined;
    if (entry.book.isKnown) return entry.book.depthBody(limit);
    if (this.#isOver || !entry.capture.hasSnapshot) return undefined;
    const body = await this.#nextSnapshot(entry);
    return limit < RECORDED_LIMIT && entry.book.isKnown ? entry.book.depthBody(limit) : body;
  }

  admits(symbol: string): boolean {
    return this.#books.has(symbol);
  }

  list(symbol: string): SymbolRules {
    this.#delisted.delete(symbol);
    return this.#books.get(symbol)!.capture.rules;
  }

  delist(symbol: string): void {
    this.#delisted.add(symbol);
  }

  lastPriceUnits(symbol: string): number {
    const price = Number(this.history.lastAggTrade(symbol)?.p ?? 0);
    return Math.round(price * 10 ** this.#books.get(symbol)!.capture.rules.priceDecimals);
  }

  books(): readonly BookState[] {
    return [...this.#books.values()].map(({ book }) => book.state()).filter((state) => state !== undefined);
  }

  lag(): MarketLag {
    return this.#lag.report();
  }

  problems(): readonly string[] {
    return [...this.#problems];
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#gate.close();
    this.#wake();
    this.#end();
    return Promise.resolve();
  }

  async #play(outlet: MessageOutlet): Promise<void> {
    const { clock, speed } = this.#options;
    const startedAtMs = clock.nowMs();
    let startNs: bigint | undefined;
    let sliceEndMs = startedAtMs + SLICE_MS;
    for await (const entry of readTimeline(this.#captures, (problem) => this.#problem(problem))) {
      startNs ??= entry.atNs;
      const dueMs = startedAtMs + Number(entry.atNs - startNs) / 1e6 / speed;
      let nowMs = clock.nowMs();
      if (dueMs > nowMs || nowMs > sliceEndMs) {
        outlet.flush();
        await this.#sleep(dueMs > nowMs ? Math.max(TICK_MS, dueMs - nowMs) : 0);
        nowMs = clock.nowMs();
        sliceEndMs = nowMs + SLICE_MS;
      }
      if (this.#isStopped) return;
      this.#lag.note(nowMs - dueMs);
      this.#show(entry, outlet);
    }
    outlet.flush();
  }

  #show({ symbol, bytes }: TimelineEntry, outlet: MessageOutlet): void {
    const message = readCaptureMessage(bytes);
    const entry = this.#books.get(symbol)!;
    if (message === undefined)
      return this.#problem(`symbol ${symbol}: a line that is no frame and no snapshot`);
    if (message.type === 'snapshot') return this.#takeSnapshot(entry, bytes);
    const { stream, dataStart } = message;
    const id = this.#read(entry, stream, bytes);
    if (!this.#delisted.has(symbol)) outlet.send({ stream, symbol, frame: bytes, dataStart, id });
  }

  /** What the frame means to the books and to REST; a frame that cannot be read is sent all the same. */
  #read(entry: SymbolBook, stream: string, frame: Buffer): number | undefined {
    try {
      if (!isDepthStream(stream)) return this.#trades.take(frame);
      entry.stream ??= stream;
      return entry.stream === stream ? entry.book.diff(frame) : undefined;
    } catch (error) {
      this.#unreadable(stream, error);
      return undefined;
    }
  }

  #takeSnapshot(entry: SymbolBook, body: Buffer): void {
    entry.snapshots++;
    try {
      entry.book.snapshot(body);
    } catch (error) {
      this.#unreadable(`${entry.capture.symbol} snapshot`, error);
    }
    for (const answer of [...entry.waiting]) answer(body);
  }

  #nextSnapshot(entry: SymbolBook): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const answer = (body: Buffer | undefined): void => {
        cancel();
        entry.waiting.delete(answer);
        resolve(body);
      };
      entry.waiting.add(answer);
      if (entry.snapshots > 0) cancel = this.#options.clock.after(RESYNC_WAIT_MS, () => answer(undefined));
    });
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel: Cancel = this.#options.clock.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #unreadable(what: string, error: unknown): void {
    if (!(error instanceof FrameError) && !(error instanceof OrderBookError)) throw error;
    this.#problem(`${what}: ${error.message}`);
  }

  #problem(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
  }

  /** Nothing more will come: whoever still waits is told so. */
  #end(): void {
    this.#isOver = true;
    for (const { waiting } of this.#books.values()) {
      for (const answer of [...waiting]) answer(undefined);
    }
    this.#finish();
  }
}
