import type { Buffer } from 'node:buffer';

/** One entry of an append-only log. */
export interface TailEntry {
  /** Who appended it, at most 64 KiB, and in which life. */
  readonly lane: string;
  readonly epoch: number;
  /** Behind this entry; grows from entry to entry. */
  readonly position: number;
  /** Valid as long as it is held, and never written again. */
  readonly payload: Buffer;
  /** Entries may be missing before this one. */
  readonly afterDamage?: true;
}

/** A log that is read in order from somewhere on, and waited for at its end. */
export interface TailSource {
  /** At least one entry, no more than `bytesMax` of payload unless the first alone is larger; none when it was closed. */
  next(bytesMax: number): Promise<readonly TailEntry[]>;
  close(): Promise<void>;
}

/** What a reader is given. */
export interface TailStart {
  /** Entries behind this position come. */
  readonly from: number;
  /** What lay between what the reader asked for and `from` is gone. */
  readonly isDamaged: boolean;
  readonly source: TailSource;
}
