import type { MergeHandlers, MergeLimits } from '@org/continuity';
import type { Buffer } from 'node:buffer';
import type { TransportNatsError } from '../errors.ts';

export interface FollowHandlers {
  /** The server refuses for good, or was set up for something else. The partition begins anew after a pause. */
  readonly failed?: (partition: number, error: unknown) => void;
  /** Something failed that is tried again. For logs. */
  readonly retrying?: (error: TransportNatsError) => void;
  /** A message that nobody of us wrote, or that was altered: it is passed by. */
  readonly malformed?: (partition: number, problem: string) => void;
}

export interface PartitionedFollowerOptions {
  /** Record batches of the merged streams, each stream in order. The bytes do not change any more. */
  readonly merged: (batch: Buffer) => void;
  readonly mergeLimits?: Partial<MergeLimits>;
  readonly mergeHandlers?: MergeHandlers;
  readonly handlers?: FollowHandlers;
  /** After a partition failed for good it begins anew so much later. Default 10,000. */
  readonly failurePauseMs?: number;
}

/** What all partitions of a follower count together; they only grow. */
export interface FollowCounters {
  messages: number;
  bytes: number;
  pieces: number;
  /** Frames that were here already. */
  repeats: number;
  /** Frames that did not join what was taken of their node: what lies between is missing here. */
  leaps: number;
  /** Frames of nodes beyond those that a partition remembers. */
  refused: number;
  malformed: number;
  retries: number;
  /** Times that the server was asked whether it is there, and answered. */
  answers: number;
}

export interface FollowedPartition {
  readonly partition: number;
  /** Of the last message that was read, or where reading began; undefined before the server was reached. */
  readonly sequence: number | undefined;
  /** Receipt of the latest record, µs since the epoch; 0 before the first. */
  readonly latestReceiptUs: number;
}

export interface FollowerStats extends Readonly<FollowCounters> {
  readonly partitions: readonly FollowedPartition[];
}
