import {
  BookSync,
  OrderBook,
  OrderBookError,
  type SequenceGap,
  type SyncHandlers,
  type SyncJoin,
  type SyncState,
} from '@org/orderbook';
import type { RawDepth } from '@org/storage-csv';
import { DamageRepair } from './damage-repair.ts';
import { HeldDiff, HeldSnapshot } from './held-depth.ts';
import { EVENTS_MAX, type BookState, type ReplayEvent, type ReplayView } from './replay-view.ts';

/** What only the driver of a replay knows. */
export type ReplaySource = Pick<ReplayView, 'files' | 'elapsedMs' | 'rejected' | 'damaged'>;

/** Why there is no book to show. */
export type NoBookReason = 'no-message' | 'no-snapshot' | 'no-join';

interface Counters {
  messages: number;
  applied: number;
  stale: number;
  snapshots: number;
  gaps: number;
  dropped: number;
  refused: number;
  eventsLeftOut: number;
}

/**
 * The view model of a replay: depth messages go in, the exact book and what happened to it come out. It is the book and
 * the sync of the live path; time comes from the messages.
 *
 * A gap ends the exactness, so the book is kept as it was before it, and goes on at the next snapshot.
 */
export class BookReplay {
  readonly symbol: string;
  readonly book = new OrderBook();
  readonly #sync: BookSync<HeldDiff, HeldSnapshot>;
  readonly #events: ReplayEvent[] = [];
  readonly #counters: Counters = {
    messages: 0,
    applied: 0,
    stale: 0,
    snapshots: 0,
    gaps: 0,
    dropped: 0,
    refused: 0,
    eventsLeftOut: 0,
  };
  /** Receipt of every diff that the sync holds back, because a gap among them names its ids only. */
  readonly #receipts = new Map<number, number>();
  readonly #repair = new DamageRepair();
  #pending = 0;
  #nowUs = 0;
  #lastUpdateId: number | undefined;
  #bookReceivedAtUs = 0;
  #hasJoined = false;

  constructor(symbol: string) {
    this.symbol = symbol;
    this.#sync = new BookSync(this.#handlers());
  }

  get state(): SyncState {
    return this.#sync.state;
  }

  /** The last applied `u`, or the id of the snapshot that the book is; undefined while there was none. */
  get lastUpdateId(): number | undefined {
    return this.#lastUpdateId;
  }

  /** Depth diffs taken so far. */
  get messages(): number {
    return this.#counters.messages;
  }

  /** Snapshots taken so far. */
  get snapshots(): number {
    return this.#counters.snapshots;
  }

  /**
   * Takes the next message, and keeps nothing of its memory. Throws what the sync throws: the message is then counted and
   * the replay can go on.
   */
  take(message: RawDepth): void {
    this.#nowUs = message.receivedAtUs;
    if (message.type === 'snapshot') this.#takeSnapshot(new HeldSnapshot(message));
    else this.#takeDiff(new HeldDiff(message));
  }

  /** Undefined when there is a book. A snapshot alone is one; a snapshot that the diffs do not continue is not. */
  get noBookReason(): NoBookReason | undefined {
    if (this.#hasJoined || this.#sync.state === 'waiting') return undefined;
    if (this.#counters.snapshots > 0) return 'no-join';
    return this.#counters.messages > 0 ? 'no-snapshot' : 'no-message';
  }

  /** The view of a book that exists, with the best `depth` levels of each side. */
  view(depth: number, source: ReplaySource): ReplayView {
    const { book } = this;
    const { messages, applied, stale, snapshots, gaps, dropped, refused, eventsLeftOut } = this.#counters;
    return {
      symbol: this.symbol,
      files: source.files,
      messages,
      applied,
      stale,
      snapshots,
      gaps,
      lastUpdateId: this.#lastUpdateId ?? 0,
      bids: book.count('bid'),
      asks: book.count('ask'),
      bestBid: book.bestBid() ?? null,
      bestAsk: book.bestAsk() ?? null,
      top: book.top(depth),
      checksum: book.checksum(),
      elapsedMs: source.elapsedMs,
      state: this.#bookState(),
      unprovenSince: this.#repair.sinceUpdateId ?? null,
      receivedAtUs: this.#bookReceivedAtUs,
      crossed: book.isCrossed,
      pending: this.#pending,
      dropped,
      refused,
      events: this.#events,
      eventsLeftOut,
      rejected: source.rejected,
      damaged: source.damaged,
    };
  }

  #bookState(): BookState {
    if (this.#sync.state === 'buffering') return 'gap';
    return this.#repair.sinceUpdateId === undefined ? this.#sync.state : 'unproven';
  }

  #takeSnapshot(snapshot: HeldSnapshot): void {
    this.#counters.snapshots++;
    this.#sync.snapshot(snapshot);
    if (this.#sync.state !== 'live' || snapshot.isDamaged) return;
    this.#repair.offer(snapshot);
    this.#tryRepair();
  }

  #takeDiff(diff: HeldDiff): void {
    this.#counters.messages++;
    this.#pending++;
    try {
      this.#sync.diff(diff);
    } catch (error) {
      if (error instanceof OrderBookError && error.code === 'IDS_INVALID') this.#refuse(diff);
      throw error;
    } finally {
      if (!diff.isReleased) this.#holdBack(diff);
    }
  }

  #holdBack(diff: HeldDiff): void {
    diff.keep();
    this.#receipts.set(diff.finalUpdateId, this.#nowUs);
  }

  #tryRepair(): void {
    const repair = this.#repair.take(this.#lastUpdateId ?? 0);
    if (repair === undefined) return;
    this.book.replaceWithRaw(repair.snapshot.levels);
    for (const diff of repair.diffs) this.book.applyRaw(diff.levels);
  }

  #handlers(): SyncHandlers<HeldDiff, HeldSnapshot> {
    return {
      applySnapshot: (snapshot) => {
        this.book.replaceWithRaw(snapshot.levels);
        this.#repair.proven();
        if (snapshot.isDamaged) this.#repair.damaged(snapshot.lastUpdateId);
        this.#moveTo(snapshot.lastUpdateId, this.#nowUs);
      },
      applyDiff: (diff) => this.#apply(diff),
      covered: (diff) => {
        this.#counters.stale++;
        this.#release(diff);
      },
      joined: (join) => this.#joined(join),
      gap: (gap) => this.#gap(gap),
    };
  }

  #apply(diff: HeldDiff): void {
    try {
      this.book.applyRaw(diff.levels);
    } catch (error) {
      this.#refuse(diff);
      throw error;
    }
    this.#counters.applied++;
    this.#moveTo(diff.finalUpdateId, this.#release(diff));
    if (diff.isDamaged) this.#repair.damaged(diff.finalUpdateId);
    else this.#repair.applied(diff);
    this.#tryRepair();
  }

  #refuse(diff: HeldDiff): void {
    this.#counters.refused++;
    this.#release(diff);
  }

  #moveTo(lastUpdateId: number, receivedAtUs: number): void {
    this.#lastUpdateId = lastUpdateId;
    this.#bookReceivedAtUs = receivedAtUs;
  }

  /** The sync has done with a diff; returns its receipt. */
  #release(diff: HeldDiff): number {
    diff.isReleased = true;
    this.#pending--;
    if (this.#receipts.size === 0) return this.#nowUs;
    const receivedAtUs = this.#receipts.get(diff.finalUpdateId) ?? this.#nowUs;
    this.#receipts.delete(diff.finalUpdateId);
    return receivedAtUs;
  }

  #joined({ snapshotId, firstUpdateId, finalUpdateId }: SyncJoin): void {
    this.#hasJoined = true;
    const receivedAtUs = this.#nowUs;
    this.#record({ type: 'synced', lastUpdateId: snapshotId, firstUpdateId, finalUpdateId, receivedAtUs });
  }

  #gap({ reason, lastUpdateId, previousFinalUpdateId, firstUpdateId, finalUpdateId }: SequenceGap): void {
    const receivedAtUs = this.#receipts.get(finalUpdateId) ?? this.#nowUs;
    if (reason === 'overflow') {
      // Nothing is missing in the files: these diffs only had no snapshot. The one that did not fit is kept.
      this.#counters.dropped += this.#pending - 1;
      this.#pending = 1;
      this.#receipts.clear();
      return;
    }
    this.#counters.gaps++;
    this.#record({
      type: 'gap',
      lastUpdateId,
      previousFinalUpdateId,
      firstUpdateId,
      finalUpdateId,
      lastReceivedAtUs: this.#bookReceivedAtUs,
      receivedAtUs,
      ...(reason === 'malformed' ? { reason } : {}),
    });
  }

  #record(event: ReplayEvent): void {
    if (this.#events.length < EVENTS_MAX) this.#events.push(event);
    else this.#counters.eventsLeftOut++;
  }
}
