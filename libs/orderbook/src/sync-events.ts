import type { GapReason } from '@org/market-data';
import type { DepthIds } from './sequence.ts';

/**
 * - `buffering`: diffs are kept, a snapshot is awaited. There is no book.
 * - `waiting`: a snapshot was taken that is ahead of every diff so far; the first diff that joins makes the book live.
 * - `live`: the book is exact at `lastUpdateId`.
 */
export type SyncState = 'buffering' | 'waiting' | 'live';

/** The diff that made the book live. */
export interface SyncJoin {
  readonly epoch: number;
  /** `L`, the `lastUpdateId` of the snapshot. */
  readonly snapshotId: number;
  /** `U` and `u` of the diff. */
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
}

/** Ids that this book did not get: from `lastUpdateId` (excluded) to where the diff that revealed it goes on. */
export interface SequenceGap {
  /** The epoch that the gap ended. */
  readonly epoch: number;
  /**
   * `sequence`: the ids do not join. `overflow`: the buffer was full and was dropped. `malformed`: `applyDiff` threw, the
   * diff itself is missing.
   */
  readonly reason: Extract<GapReason, 'sequence' | 'overflow' | 'malformed'>;
  /** The last id before the gap: the last applied `u`; on `overflow` the id that the first dropped diff followed. */
  readonly lastUpdateId: number;
  /** `pu` (on spot `U - 1`), `U` and `u` of the diff that revealed the gap. */
  readonly previousFinalUpdateId: number;
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
}

/**
 * Why a snapshot is asked for: the first diff came, continuity broke (or `restart` was called), the snapshot at hand is
 * older than what the diffs continue, it could not be applied, or the buffer ran full.
 */
export type SnapshotReason = 'start' | 'gap' | 'snapshot-behind' | 'snapshot-malformed' | 'buffer-full';

/** Give `epoch` back with the answer; the answer to an older request is then dropped. */
export interface SnapshotRequest {
  readonly epoch: number;
  readonly reason: SnapshotReason;
}

/**
 * What a sync does to the world. Handlers may call `diff`, `snapshot` and `restart` of the same sync; such a call is
 * carried out when the running one has ended. Only `applySnapshot` and `applyDiff` may throw.
 */
export interface SyncHandlers<D extends DepthIds, S extends { readonly lastUpdateId: number }> {
  /** Replace the book. It is not live yet: that begins with `joined`. */
  applySnapshot(snapshot: S): void;
  /** Apply a diff that continues the book without a break. */
  applyDiff(diff: D): void;
  /** A diff that the book holds already was left out. */
  covered?(diff: D): void;
  /** The book became live; called before `applyDiff` of the diff that joined. */
  joined?(join: SyncJoin): void;
  /** Continuity broke. `snapshotNeeded` follows, unless a snapshot is at hand that bridges the gap. */
  gap?(gap: SequenceGap): void;
  /** A snapshot is needed. Repeating a request that fails is the task of whoever asks the exchange. */
  snapshotNeeded?(request: SnapshotRequest): void;
}
