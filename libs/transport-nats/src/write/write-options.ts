import type { MergeHandlers, MergeLimits } from '@org/continuity';
import type { TransportNatsError } from '../errors.ts';
import type { PartitionStore } from './partition-store.ts';

export interface WriteHandlers {
  /** A partition is written by this writer from now on. */
  readonly taken?: (partition: number, generation: number) => void;
  /** It is not any more: given back, lost, or the store failed (`error`). */
  readonly ended?: (partition: number, error: unknown) => void;
  /** A commit that was never confirmed was cut from a store. */
  readonly undone?: (partition: number) => void;
  /** A store cannot be used until somebody looks at it. The partition is left to other writers. */
  readonly refused?: (partition: number, error: unknown) => void;
  /** The server refuses for good, or was set up for something else. It is tried again all the same. */
  readonly failed?: (error: unknown) => void;
  /** Something failed that is tried again. For logs. */
  readonly retrying?: (error: TransportNatsError) => void;
  /** A message that nobody of us wrote, or that was altered: it is passed by, and asked for again. */
  readonly malformed?: (partition: number, problem: string) => void;
}

export interface WriteLimits {
  /** At least so often what was stored is committed. Default 1,000. */
  readonly commitIntervalMs: number;
  /** Or when so much was stored. Default 8 MiB. */
  readonly commitBytes: number;
  /** Committed messages are removed from the stream so often. Default 10,000. */
  readonly purgeIntervalMs: number;
  /** A surplus of partitions must last so long before they are given back. Default twice the time of a lease. */
  readonly settleMs: number;
  /** After a store failed, its writer takes nothing for so long. Default 10,000. */
  readonly failurePauseMs: number;
  /** Where one node misses something, another one that brings nothing at all is waited for so long. Default 60,000. */
  readonly patienceMs: number;
  /** How far apart two nodes may receive, and date, the same event. Default 5,000. */
  readonly spreadMs: number;
}

export const WRITE_LIMITS = {
  commitIntervalMs: 1000,
  commitBytes: 8 * 2 ** 20,
  purgeIntervalMs: 10_000,
  failurePauseMs: 10_000,
  patienceMs: 60_000,
  spreadMs: 5000,
} as const;

/**
 * Of the merges: what they hold back is part of each commit, and a commit is one message (1 MiB by default, compressed).
 * A commit that is too large waits until less is held; rows are stored meanwhile.
 */
export const PARTITION_MERGE_LIMITS = { heldBytesMax: 2 ** 20 } as const;

export interface PartitionedWriterOptions {
  /** Of this machine: 1 to 64 letters, digits, `_`, `-`; no two writers have the same, and it stays over restarts. */
  readonly writer: string;
  readonly store: (partition: number) => PartitionStore;
  readonly limits?: Partial<WriteLimits>;
  readonly mergeLimits?: Partial<MergeLimits>;
  readonly mergeHandlers?: MergeHandlers;
  readonly handlers?: WriteHandlers;
}

/** What all partitions of a writer count together; they only grow. */
export interface WriteCounters {
  messages: number;
  bytes: number;
  pieces: number;
  /** Frames that were here already. */
  repeats: number;
  /** Frames that did not join, and were asked for again. */
  holes: number;
  malformed: number;
  commits: number;
  /** Commits that waited because what they had to say was too large for one message. */
  postponed: number;
  /** How often a merge held too much (`heldFramesMax`, `heldBytesMax`) and went on without waiting: perhaps gaps. */
  overflows: number;
  lostLeases: number;
  undone: number;
  retries: number;
}

export interface PartitionStatus {
  readonly partition: number;
  readonly generation: number;
  /** Of the stream, behind the last confirmed commit. */
  readonly committedSequence: number;
  /** Receipt of the latest record, µs since the epoch: its age is the lag. */
  readonly latestReceiptUs: number;
  /** Rows are held that only time, or another collector, releases; they are in the commits all the same. */
  readonly isWaiting: boolean;
  /** How much is held. */
  readonly heldBytes: number;
}

export interface WriterStats extends Readonly<WriteCounters> {
  readonly partitions: readonly PartitionStatus[];
  /** Partitions of others whose local store may hold rows still that were never confirmed. */
  readonly unsettled: readonly number[];
  /** Partitions whose local store cannot be used. */
  readonly refused: readonly number[];
}
