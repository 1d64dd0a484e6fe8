import type { Buffer } from 'node:buffer';

/** Something that a sink found and mended, or could not use, when it opened. */
export interface SinkRepair {
  /** What it concerns: a file, a table. */
  readonly target: string;
  readonly problem: string;
  /** Bytes or rows that were cut away; 0 where nothing was. */
  readonly bytesCut: number;
}

export interface SinkOpened {
  /** The position behind the last batch that is durable here; 0 for a store that is new or has lost it. */
  readonly position: number;
  /** The caller's text of the last durable commit; undefined until a commit was given one. */
  readonly state: string | undefined;
  /**
   * Whether the store has rows, but nobody knows up to where: what it said about itself is missing or damaged. Then
   * `position` is 0, `state` is undefined, a repair says so, and it stays true until a commit stores a position or a
   * state. The caller goes on with what comes from now on and declares the seam: what it still has from before may be
   * in the store already, and appending it would store it twice. False for a new store, and for one that knows.
   */
  readonly isPositionLost: boolean;
  readonly repairs: readonly SinkRepair[];
}

/** Counters that every sink keeps; they only grow. */
export interface SinkStats {
  readonly records: number;
  /** Rows that records became; what a sink writes about a rejected record is not among them. */
  readonly rows: number;
  readonly bytes: number;
  /** Records that could not be turned into rows. Each was reported through {@link SinkEvents.rejected}. */
  readonly rejected: number;
}

export interface SinkEvents {
  /** A record that the sink cannot store: it is counted and skipped, and the rest of the batch is stored. */
  readonly rejected?: (rejection: { readonly stream: string; readonly problem: string }) => void;
}

/**
 * A place where recorded batches end up. The writer calls one method at a time and in order, so a sink needs no locks.
 *
 * - `append` takes a batch with the position behind it. Positions grow.
 * - `commit` makes everything appended so far survive a power cut, stores the position and the caller's `state` (text
 *   without NUL that only the caller understands) atomically with it, and returns the position that is now durable.
 *   Without `state` the one of the commit before is kept.
 * - `open` says what the last durable commit said, or that the store has lost it (`isPositionLost`); then `append` takes
 *   any position above 0. The store then holds exactly what was appended before that commit:
 *   whatever came later, before a crash or a `close` without `commit`, is gone from it and is appended again by the caller.
 *   A store without transactions may keep it, when each row has a place of its own that follows from its record alone: what
 *   is appended again then takes the place that it had, and the rows are the same in the end.
 * - `close` gives back what the sink holds and commits nothing.
 * - A record that cannot be understood is rejected alone. An error of the store rejects the promise; the batch counts as
 *   not appended and comes again.
 */
export interface Sink {
  readonly name: string;
  open(): Promise<SinkOpened>;
  append(batch: Buffer, position: number): Promise<void>;
  commit(state?: string): Promise<number>;
  close(): Promise<void>;
  stats(): SinkStats;
}
