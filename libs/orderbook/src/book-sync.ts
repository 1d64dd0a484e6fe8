import { OrderBookError } from './errors.ts';
import { type DepthIds, judgeFirst, judgeNext, previousUpdateId } from './sequence.ts';
import type { SequenceGap, SnapshotReason, SyncHandlers, SyncState } from './sync-events.ts';

export interface BookSyncOptions {
  /** Diffs kept while a snapshot is awaited, default 10 000. One more drops them all, as a gap, and starts anew. */
  readonly bufferedDiffsMax?: number;
}

const BUFFERED_DIFFS_MAX = 10_000;

/**
 * Joins the diffs of one symbol to its snapshot and checks without end that none is missing. It holds no book and no
 * timer; what is to be done it tells its handlers, in the order in which it must happen.
 *
 * ```
 *              snapshot                first diff joins
 *  buffering ───────────▶ waiting ───────────────────────▶ live
 *      ▲  ▲                  │ diff behind                   │ gap
 *      │  └──────────────────┘                               │
 *      └─────────────────────────────────────────────────────┘
 * ```
 *
 * - A snapshot that is older than what the buffered diffs continue is not taken: the buffer is kept and a new snapshot
 *   asked for.
 * - A snapshot that arrives while live changes nothing, because the book is exact already. It is remembered until the
 *   diffs have passed it: if a gap shows before, it joins the two sides at once. A file in which the snapshot of a new
 *   connection stands before the first diff of that connection needs this.
 * - `epoch` numbers the attempts, from 1; every end of an attempt begins the next.
 * - Ids must grow for the life of the book, as the exchange's do; after a reset of ids call `restart`.
 *
 * When `applyDiff` throws, the diff is a gap of reason `malformed`; when `applySnapshot` throws, the snapshot is not
 * taken. Either way a new snapshot is asked for, and the call that led to it throws the same error.
 */
export class BookSync<D extends DepthIds, S extends { readonly lastUpdateId: number }> {
  readonly #handlers: SyncHandlers<D, S>;
  readonly #bufferedDiffsMax: number;
  #state: SyncState = 'buffering';
  #epoch = 1;
  #lastUpdateId: number | undefined;
  #buffer: D[] = [];
  /** The newest snapshot that came while live and is ahead of the diffs; it bridges a gap that lies before it. */
  #ahead: S | undefined;
  #isStarted = false;
  readonly #steps: (() => void)[] = [];
  #isStepping = false;

  constructor(handlers: SyncHandlers<D, S>, options: BookSyncOptions = {}) {
    this.#handlers = handlers;
    this.#bufferedDiffsMax = options.bufferedDiffsMax ?? BUFFERED_DIFFS_MAX;
    if (!Number.isSafeInteger(this.#bufferedDiffsMax) || this.#bufferedDiffsMax < 1) {
      const problem = `bufferedDiffsMax: expected a whole number of 1 or more, was ${this.#bufferedDiffsMax}`;
      throw new OrderBookError('OPTION_INVALID', problem);
    }
  }

  get state(): SyncState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** While live the last applied `u`, while waiting the id of the snapshot, while buffering undefined. */
  get lastUpdateId(): number | undefined {
    return this.#lastUpdateId;
  }

  /** Takes the next diff of the stream. Throws `IDS_INVALID`, and what `applyDiff` throws. */
  diff(diff: D): void {
    requireId('firstUpdateId', diff.firstUpdateId);
    requireId('finalUpdateId', diff.finalUpdateId);
    if (diff.previousFinalUpdateId !== undefined)
      requireId('previousFinalUpdateId', diff.previousFinalUpdateId);
    if (this.#isStepping) this.#steps.push(() => this.#take(diff));
    else this.#takeAtOnce(diff);
  }

  /**
   * Takes a snapshot. With `epoch`, the one of the request that it answers, it is dropped unless that request is the
   * latest. Throws `IDS_INVALID`, and what `applySnapshot` throws.
   */
  snapshot(snapshot: S, epoch?: number): void {
    requireId('lastUpdateId', snapshot.lastUpdateId);
    this.#exclusively(() => {
      if (epoch === undefined || epoch === this.#epoch) this.#takeSnapshot(snapshot);
    });
  }

  /**
   * Gives the book up, for a reason that the ids do not show, and asks for a snapshot. Diffs that are buffered stay. No
   * `gap` is told: the caller knows what it lost.
   */
  restart(reason: SnapshotReason): void {
    this.#exclusively(() => this.#resync(reason));
  }

  /**
   * Lets go of the oldest buffered diffs, up to the first that `isPassed` does not say is covered by any snapshot still
   * to come; returns how many. No gap: a snapshot that is older than what is left is not taken, and asked for again.
   */
  forgetBuffered(isPassed: (diff: D) => boolean): number {
    const kept = this.#buffer.findIndex((diff) => !isPassed(diff));
    return this.#buffer.splice(0, kept < 0 ? this.#buffer.length : kept).length;
  }

  /** One step at a time: what a handler calls in the middle of a step runs after it. */
  #exclusively(step: () => void): void {
    this.#steps.push(step);
    if (!this.#isStepping) this.#runSteps();
  }

  /** As `#exclusively`, without a closure for each diff of a live stream. */
  #takeAtOnce(diff: D): void {
    this.#isStepping = true;
    try {
      this.#take(diff);
    } catch (error) {
      this.#steps.unshift(() => {
        throw error;
      });
    }
    this.#runSteps();
  }

  #runSteps(): void {
    this.#isStepping = true;
    try {
      if (this.#steps.length > 0) attemptAll(this.#steps);
    } finally {
      this.#steps.length = 0;
      this.#isStepping = false;
    }
  }

  #take(diff: D): void {
    if (this.#lastUpdateId === undefined) this.#keep(diff);
    else if (this.#state === 'live') this.#takeNext(diff, this.#lastUpdateId);
    else this.#takeFirst(diff, this.#lastUpdateId);
  }

  #keep(diff: D): void {
    const oldest = this.#buffer[0];
    if (oldest !== undefined && this.#buffer.length >= this.#bufferedDiffsMax) {
      this.#buffer = [diff];
      this.#lose(this.#gap('overflow', previousUpdateId(oldest), diff));
      this.#request('buffer-full');
      return;
    }
    this.#buffer.push(diff);
    if (!this.#isStarted) this.#request('start');
  }

  #takeFirst(diff: D, snapshotId: number): void {
    const verdict = judgeFirst(diff, snapshotId);
    if (verdict === 'covered') {
      this.#handlers.covered?.(diff);
    } else if (verdict === 'behind') {
      this.#buffer = [diff];
      this.#resync('snapshot-behind');
    } else {
      this.#state = 'live';
      const { firstUpdateId, finalUpdateId } = diff;
      this.#handlers.joined?.({ epoch: this.#epoch, snapshotId, firstUpdateId, finalUpdateId });
      this.#apply(diff, snapshotId);
    }
  }

  #takeNext(diff: D, lastUpdateId: number): void {
    const verdict = judgeNext(diff, lastUpdateId);
    if (verdict === 'covered') {
      this.#handlers.covered?.(diff);
    } else if (verdict === 'gap') {
      this.#buffer = [diff];
      const ahead = this.#ahead;
      this.#lose(this.#gap('sequence', lastUpdateId, diff));
      if (ahead === undefined) this.#request('gap');
      else this.#takeSnapshot(ahead);
    } else {
      this.#apply(diff, lastUpdateId);
    }
  }

  #apply(diff: D, lastUpdateId: number): void {
    this.#lastUpdateId = diff.finalUpdateId;
    if (this.#ahead !== undefined && this.#ahead.lastUpdateId <= diff.finalUpdateId) this.#ahead = undefined;
    try {
      this.#handlers.applyDiff(diff);
    } catch (error) {
      this.#lose(this.#gap('malformed', lastUpdateId, diff));
      this.#request('gap');
      throw error;
    }
  }

  #takeSnapshot(snapshot: S): void {
    const snapshotId = snapshot.lastUpdateId;
    if (snapshotId <= (this.#ahead?.lastUpdateId ?? this.#lastUpdateId ?? -Infinity)) return;
    if (this.#state === 'live') {
      this.#ahead = snapshot;
      return;
    }
    const first = this.#buffer.find((diff) => judgeFirst(diff, snapshotId) !== 'covered');
    if (first !== undefined && judgeFirst(first, snapshotId) === 'behind') {
      this.#resync('snapshot-behind');
      return;
    }
    this.#join(snapshot);
  }

  #join(snapshot: S): void {
    try {
      this.#handlers.applySnapshot(snapshot);
    } catch (error) {
      this.#resync('snapshot-malformed');
      throw error;
    }
    this.#isStarted = true;
    this.#state = 'waiting';
    this.#lastUpdateId = snapshot.lastUpdateId;
    const buffered = this.#buffer;
    this.#buffer = [];
    attemptAll(buffered.map((diff) => () => this.#take(diff)));
  }

  #lose(gap: SequenceGap): void {
    this.#restartEpoch();
    this.#handlers.gap?.(gap);
  }

  #resync(reason: SnapshotReason): void {
    this.#restartEpoch();
    this.#request(reason);
  }

  #restartEpoch(): void {
    this.#state = 'buffering';
    this.#lastUpdateId = undefined;
    this.#ahead = undefined;
    this.#epoch++;
  }

  #request(reason: SnapshotReason): void {
    this.#isStarted = true;
    this.#handlers.snapshotNeeded?.({ epoch: this.#epoch, reason });
  }

  #gap(reason: SequenceGap['reason'], lastUpdateId: number, diff: D): SequenceGap {
    const { firstUpdateId, finalUpdateId } = diff;
    const previousFinalUpdateId = previousUpdateId(diff);
    return { epoch: this.#epoch, reason, lastUpdateId, previousFinalUpdateId, firstUpdateId, finalUpdateId };
  }
}

function requireId(name: string, id: number): void {
  if (Number.isSafeInteger(id)) return;
  throw new OrderBookError('IDS_INVALID', `${name}: expected a safe integer, was ${id}`);
}

/** Runs every step, those included that are added meanwhile, and throws the first error afterwards. */
function attemptAll(steps: readonly (() => void)[]): void {
  let failure: { readonly error: unknown } | undefined;
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
