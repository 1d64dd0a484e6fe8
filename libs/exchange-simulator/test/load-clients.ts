import type { Cancel, Clock, Exchange } from '@org/exchange-simulator';
import { systemClock } from '@org/exchange-simulator';
import { MapBook } from './map-book.ts';
import { get, StreamClient } from './stream-client.ts';
import type { DepthAnswer, DepthPayload } from './wire-types.ts';

/** The machine's clock at another time, which can be changed; what was planned comes when it was planned. */
export class MovedClock implements Clock {
  readonly #machine = systemClock();
  #aheadMs = 0;

  constructor(nowMs: number) {
    this.move(nowMs);
  }

  move(nowMs: number): void {
    this.#aheadMs = nowMs - this.#machine.nowMs();
  }

  nowMs(): number {
    return this.#machine.nowMs() + this.#aheadMs;
  }

  after(delayMs: number, action: () => void): Cancel {
    return this.#machine.after(delayMs, action);
  }
}

/** A clock that stands still until it is put forward; what is planned happens on the way, each at its time. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #plans = new Set<{ readonly atMs: number; readonly action: () => void }>();

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Cancel {
    const plan = { atMs: this.#nowMs + delayMs, action };
    this.#plans.add(plan);
    return () => this.#plans.delete(plan);
  }

  /** Goes on by this much; `lateMs` makes everything on the way happen that much too late. */
  advance(byMs: number, lateMs = 0): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = [...this.#plans].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs + lateMs > endMs) break;
      this.#plans.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs + lateMs);
      next.action();
    }
    this.#nowMs = endMs;
  }
}

/** One connection on each of the two routes, for all streams of the symbols; `between` runs before that of the books. */
export async function connectAll(
  exchange: Exchange,
  symbols: readonly string[],
  between: () => void = () => undefined,
): Promise<{ readonly books: StreamClient; readonly trades: StreamClient }> {
  const names = (kinds: readonly string[]): string =>
    symbols.flatMap((symbol) => kinds.map((kind) => `${symbol.toLowerCase()}@${kind}`)).join('/');
  const trades = await StreamClient.connect(
    exchange,
    `/market/stream?streams=${names(['aggTrade', 'kline_1m'])}`,
  );
  between();
  const books = await StreamClient.connect(exchange, `/public/stream?streams=${names(['depth@0ms'])}`);
  return { books, trades };
}

/** A book of a snapshot that is asked for now. */
export async function snapshotBook(exchange: Exchange, symbol: string): Promise<MapBook> {
  const answer = await get<DepthAnswer>(exchange, `/fapi/v1/depth?symbol=${symbol}&limit=1000`);
  return new MapBook(answer.json);
}

/** Looking for the best level takes longer than a diff. */
const DIFFS_BETWEEN_LOOKS = 9;

/** Applies the diffs, and fails when the book is found crossed or without a side. */
export function applyUncrossed(book: MapBook, diffs: readonly DepthPayload[]): void {
  diffs.forEach((diff, index) => {
    book.apply(diff);
    if (index % DIFFS_BETWEEN_LOOKS > 0) return;
    const [bid, ask] = [book.best('bids'), book.best('asks')];
    if (!(bid < ask)) throw new Error(`diff ${diff.u}: best bid ${bid}, best ask ${ask}`);
  });
}
