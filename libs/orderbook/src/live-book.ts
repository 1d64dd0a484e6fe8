import type { DepthDiff, DepthSnapshot, PriceLevel } from '@org/market-data';
import { BookSync, type BookSyncOptions } from './book-sync.ts';
import { OrderBookError } from './errors.ts';
import { OrderBook, type OrderBookOptions } from './order-book.ts';
import type { SequenceGap, SnapshotRequest, SyncHandlers, SyncJoin, SyncState } from './sync-events.ts';

/** What a live book tells; see `SyncHandlers` for when. */
export interface LiveBookHandlers {
  /** A diff was applied: the book is exact at its `finalUpdateId`. */
  applied?(diff: DepthDiff): void;
  covered?(diff: DepthDiff): void;
  joined?(join: SyncJoin): void;
  gap?(gap: SequenceGap): void;
  snapshotNeeded?(request: SnapshotRequest): void;
}

export interface LiveBookOptions extends OrderBookOptions, BookSyncOptions {}

/** Best bid and best ask; a side without levels has none. */
export interface TopOfBook {
  readonly bid: PriceLevel | undefined;
  readonly ask: PriceLevel | undefined;
}

/** What happened to the messages so far; the numbers only grow. */
export interface LiveBookCounters {
  /** Diffs applied. */
  readonly applied: number;
  /** Diffs left out because the book held them already. */
  readonly covered: number;
  readonly gaps: number;
  /** Snapshots taken; those that were too old, or came while live, are not counted. */
  readonly snapshots: number;
}

/**
 * The order book of one symbol, kept exact from diffs and snapshots: an {@link OrderBook} behind a {@link BookSync}.
 *
 * Start the diffs first, ask for a snapshot when `snapshotNeeded` says so, and hand in both as they come. While the
 * book is not live there is no top of book, and from a gap until the next snapshot the book is empty: nobody reads a
 * stale price by accident.
 */
export class LiveBook {
  readonly symbol: string;
  readonly book: OrderBook;
  readonly #sync: BookSync<DepthDiff, DepthSnapshot>;
  readonly #handlers: LiveBookHandlers;
  readonly #counters = { applied: 0, covered: 0, gaps: 0, snapshots: 0 };

  constructor(symbol: string, handlers: LiveBookHandlers = {}, options: LiveBookOptions = {}) {
    this.symbol = symbol;
    this.book = new OrderBook(options);
    this.#handlers = handlers;
    this.#sync = new BookSync(this.#syncHandlers(), options);
  }

  get state(): SyncState {
    return this.#sync.state;
  }

  get epoch(): number {
    return this.#sync.epoch;
  }

  /** See `BookSync.lastUpdateId`. */
  get lastUpdateId(): number | undefined {
    return this.#sync.lastUpdateId;
  }

  get counters(): LiveBookCounters {
    return { ...this.#counters };
  }

  /** Takes the next diff. A malformed one throws, is a gap, and leaves the book waiting for a snapshot. */
  diff(diff: DepthDiff): void {
    this.#requireSymbol(diff.symbol);
    this.#sync.diff(diff);
  }

  /** Takes a snapshot; `epoch` is the one of the request that it answers. A malformed one throws and is not taken. */
  snapshot(snapshot: DepthSnapshot, epoch?: number): void {
    this.#requireSymbol(snapshot.symbol);
    this.#sync.snapshot(snapshot, epoch);
  }

  /** Gives the book up for a reason that ids do not show, such as a crossed book, and asks for a snapshot. */
  restart(): void {
    this.#sync.restart('gap');
  }

  /** Best bid and ask of a live book; undefined in every other state. */
  topOfBook(): TopOfBook | undefined {
    if (this.state !== 'live') return undefined;
    return { bid: this.book.bestBid(), ask: this.book.bestAsk() };
  }

  #syncHandlers(): SyncHandlers<DepthDiff, DepthSnapshot> {
    const { book } = this;
    const counters = this.#counters;
    const handlers = this.#handlers;
    return {
      applySnapshot: (snapshot) => {
        book.replaceWith(snapshot);
        counters.snapshots++;
      },
      applyDiff: (diff) => {
        book.applyDiff(diff);
        counters.applied++;
        handlers.applied?.(diff);
      },
      covered: (diff) => {
        counters.covered++;
        handlers.covered?.(diff);
      },
      joined: (join) => handlers.joined?.(join),
      gap: (gap) => {
        counters.gaps++;
        handlers.gap?.(gap);
      },
      snapshotNeeded: (request) => {
        book.clear();
        handlers.snapshotNeeded?.(request);
      },
    };
  }

  #requireSymbol(symbol: string): void {
    if (symbol === this.symbol) return;
    throw new OrderBookError('SYMBOL_MISMATCH', `message of symbol ${symbol}, expected ${this.symbol}`);
  }
}
