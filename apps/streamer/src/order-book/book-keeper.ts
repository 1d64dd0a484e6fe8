import { Buffer } from 'node:buffer';
import { type FrameFields, NOT_DEPTH, scanDepthSnapshot, scanDepthUnits, SLOT } from '@org/binance-wire';
import { BookSync, type DepthIds, OrderBook } from '@org/orderbook';
import type { BookAnswer, BookReport } from '../control/messages.ts';
import { depthIds } from '../depth-ids.ts';
import type { BookCopy } from './book-copy.ts';
import { padDecimals } from './level-text.ts';

interface DiffFrame extends DepthIds {
  readonly bytes: Uint8Array;
  readonly receivedAtUs: number;
}

/**
 * What is kept of a stream whose book has no snapshot yet. With hundreds of symbols some wait for minutes, but the one
 * that comes in the end is as old as its request: ten seconds at most, the patience of the REST client, and some. A
 * snapshot that is older after all is asked for again.
 */
const BUFFERED_MS_MAX = 15_000;
const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;
/** How often what is too old is let go. */
const BUFFER_CHECK_MS = 1000;
/** Before the first message. */
const NO_PERIOD = -1;

interface SnapshotBody {
  readonly lastUpdateId: number;
  readonly bytes: Uint8Array;
}

export interface BookKeeperOptions {
  /** Scratch space that all books of the process share. */
  readonly fields: FrameFields;
  /** A live book is not shown any more when its stream has been silent for longer. */
  readonly staleAfterMs: number;
}

export interface BookKeeperHandlers {
  /** The book cannot go on without a snapshot. */
  snapshotNeeded(symbol: string): void;
  /** The book joined its stream and is exact from here on. */
  joined(symbol: string): void;
}

/** The live book of one symbol, fed with the bytes that the writer stored. */
export class BookKeeper {
  readonly symbol: string;
  readonly #book = new OrderBook();
  readonly #sync: BookSync<DiffFrame, SnapshotBody>;
  readonly #fields: FrameFields;
  readonly #staleAfterMs: number;
  /** The frame that `#fields` holds the scan of, so that a live diff is scanned once. */
  #scanned: Uint8Array | undefined;
  /** How many of its levels were read in the scale of the book. */
  #readLevels = 0;
  #eventTimeMs: number | undefined;
  #lastReceivedAtUs = -Infinity;
  #bufferedBytes = 0;
  #bufferCheckedAtUs = -Infinity;
  /** Decimals in the exchange's own texts, zeros included; all levels of a symbol have the same. */
  #priceDecimals = 0;
  #quantityDecimals = 0;
  #period = NO_PERIOD;

  constructor(symbol: string, options: BookKeeperOptions, handlers: BookKeeperHandlers) {
    this.symbol = symbol;
    this.#fields = options.fields;
    this.#staleAfterMs = options.staleAfterMs;
    this.#sync = new BookSync<DiffFrame, SnapshotBody>({
      applySnapshot: (snapshot) => this.#replace(snapshot),
      applyDiff: (diff) => this.#apply(diff),
      joined: () => handlers.joined(symbol),
      snapshotNeeded: () => handlers.snapshotNeeded(symbol),
    });
  }

  get isLive(): boolean {
    return this.#sync.state === 'live';
  }

  /** While live the last applied `u`, while waiting the id of the snapshot, else undefined. */
  get lastUpdateId(): number | undefined {
    return this.#sync.lastUpdateId;
  }

  /** Whether the stream comes from an earlier period into this one. Periods are numbered from 0. */
  enters(period: number): boolean {
    const before = this.#period;
    if (period <= before) return false;
    this.#period = period;
    return before !== NO_PERIOD;
  }

  /** All of the book as it stands at its `lastUpdateId`; undefined while it has none. */
  copy(): BookCopy | undefined {
    const { lastUpdateId } = this.#sync;
    if (lastUpdateId === undefined) return undefined;
    const book = this.#book;
    return {
      symbol: this.symbol,
      lastUpdateId,
      eventTimeMs: this.#eventTimeMs,
      bids: ticksOf(book, 'bid'),
      asks: ticksOf(book, 'ask'),
      scale: { priceDecimals: book.priceDecimals, quantityDecimals: book.quantityDecimals },
      printed: { priceDecimals: this.#priceDecimals, quantityDecimals: this.#quantityDecimals },
    };
  }

  /** `bytes` may change after the call. */
  diff(bytes: Uint8Array, receivedAtUs: number): void {
    this.#lastReceivedAtUs = receivedAtUs;
    const fields = this.#fields;
    if (this.#scan(bytes) === NOT_DEPTH) return;
    // What may be kept is copied: a part of a batch would keep all of the batch.
    const ownBytes = this.isLive ? bytes : Buffer.from(bytes);
    this.#scanned = ownBytes;
    const { firstUpdateId, finalUpdateId, previousFinalUpdateId } = depthIds(fields);
    // Written out: spreading one object into another takes longer than all the rest of a small diff.
    this.#sync.diff({ firstUpdateId, finalUpdateId, previousFinalUpdateId, bytes: ownBytes, receivedAtUs });
    this.#scanned = undefined;
    if (this.#sync.state === 'buffering') this.#boundBuffer(ownBytes.length, receivedAtUs);
    else this.#bufferedBytes = 0;
  }

  snapshot(bytes: Uint8Array): void {
    scanDepthSnapshot(bytes, this.#fields);
    this.#sync.snapshot({ lastUpdateId: this.#fields.integer(SLOT.lastUpdateId), bytes });
  }

  /** The feed broke: what came in between is unknown, so the book begins anew. */
  restart(): void {
    this.#sync.restart('start');
  }

  /** `nowUs` on the clock that stamped the events. A book whose stream has fallen silent is not shown as if it were live. */
  answer(depth: number, nowUs: number): BookAnswer {
    const silentMs = Math.round((nowUs - this.#lastReceivedAtUs) / 1000);
    if (this.isLive && silentMs > this.#staleAfterMs) {
      return { symbol: this.symbol, unavailable: `the book is stale: no depth event for ${silentMs} ms` };
    }
    const lastUpdateId = this.#sync.lastUpdateId;
    if (!this.isLive || lastUpdateId === undefined) {
      return { symbol: this.symbol, unavailable: `the book is not in sync: ${this.#sync.state}` };
    }
    return { symbol: this.symbol, lastUpdateId, eventTimeMs: this.#eventTimeMs, ...this.#book.top(depth) };
  }

  /** The answer in the exchange's own characters: with as many decimals as it sends, zeros included. */
  record(depth: number, nowUs: number): BookAnswer {
    const answer = this.answer(depth, nowUs);
    if ('unavailable' in answer) return answer;
    const padded = (levels: readonly (readonly [string, string])[]): [string, string][] =>
      levels.map(([price, quantity]) => [
        padDecimals(price, this.#priceDecimals),
        padDecimals(quantity, this.#quantityDecimals),
      ]);
    return { ...answer, bids: padded(answer.bids), asks: padded(answer.asks) };
  }

  get isWaiting(): boolean {
    return this.#sync.state === 'waiting';
  }

  report(): BookReport {
    return { symbol: this.symbol, state: this.#sync.state, lastUpdateId: this.#sync.lastUpdateId };
  }

  #boundBuffer(addedBytes: number, nowUs: number): void {
    this.#bufferedBytes += addedBytes;
    const isFull = this.#bufferedBytes > BUFFERED_BYTES_MAX;
    if (!isFull && nowUs - this.#bufferCheckedAtUs < BUFFER_CHECK_MS * 1000) return;
    this.#bufferCheckedAtUs = nowUs;
    this.#sync.forgetBuffered(({ bytes, receivedAtUs }) => {
      const isOld = nowUs - receivedAtUs > BUFFERED_MS_MAX * 1000;
      // A full buffer is emptied by half, so that the next one does not have to look at all of it again.
      const isTooMuch = isFull && this.#bufferedBytes > BUFFERED_BYTES_MAX / 2;
      if (isOld || isTooMuch) this.#bufferedBytes -= bytes.length;
      return isOld || isTooMuch;
    });
  }

  #replace(snapshot: SnapshotBody): void {
    scanDepthSnapshot(snapshot.bytes, this.#fields);
    this.#seeDecimals();
    const { bytes, levels, bidCount, askCount } = this.#fields;
    this.#book.replaceWithOffsets(bytes, levels, bidCount, askCount);
    this.#eventTimeMs = this.#fields.integerOrUndefined(SLOT.E);
    this.#scanned = undefined;
  }

  #apply(diff: DiffFrame): void {
    if (this.#scanned !== diff.bytes) this.#scan(diff.bytes);
    const fields = this.#fields;
    const { bytes, levels, units, bidCount, askCount } = fields;
    this.#seeDecimals();
    // Where a level needs more decimals than the book has, the book reads them all from the bytes, and widens.
    if (this.#readLevels === bidCount + askCount) this.#book.applyTicks(units, bidCount, askCount);
    else this.#book.applyOffsets(bytes, levels, bidCount, askCount);
    this.#eventTimeMs = fields.integer(SLOT.E);
  }

  /** Scans a diff, its levels in the scale of the book; {@link NOT_DEPTH} when it is none. */
  #scan(frame: Uint8Array): number {
    const { priceDecimals, quantityDecimals } = this.#book;
    this.#readLevels = scanDepthUnits(frame, this.#fields, priceDecimals, quantityDecimals);
    return this.#readLevels;
  }

  #seeDecimals(): void {
    const fields = this.#fields;
    const { bytes, levels, bidCount, askCount } = fields;
    if (bidCount + askCount === 0) return;
    this.#priceDecimals = fields.hasLevelOffsets
      ? decimalsOf(bytes, levels[0]!, levels[1]!)
      : fields.priceDecimals;
    this.#quantityDecimals = fields.hasLevelOffsets
      ? decimalsOf(bytes, levels[2]!, levels[3]!)
      : fields.quantityDecimals;
  }
}

function ticksOf(book: OrderBook, side: 'bid' | 'ask'): Float64Array {
  const levels = book.count(side);
  const ticks = new Float64Array(2 * levels);
  book.topTicks(side, levels, ticks);
  return ticks;
}

const DOT = 0x2e;

function decimalsOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === DOT) return end - at - 1;
  return 0;
}
