import type { TransportNatsError } from '../errors.ts';

/** An entry of a journal. */
export interface ForwardEntry {
  readonly lane: string;
  readonly epoch: number;
  readonly payload: Buffer;
  readonly position: number;
  readonly afterDamage?: boolean;
}

/** Reads a journal in order: a follower of it. */
export interface ForwardSource {
  /** At least one entry, about `bytesMax` at most; waits until there is one. Empty when it was closed. */
  next(bytesMax: number): Promise<readonly ForwardEntry[]>;
  close(): Promise<void>;
}

export interface ForwardHandlers {
  /** Everything up to here is stored for good by some writer: the journal may let go of it. It only grows. */
  readonly committed?: (position: number) => void;
  /** Something failed that is tried again. For logs. */
  readonly retrying?: (error: TransportNatsError) => void;
  /** A batch was damaged: what could be read of it went out. */
  readonly damaged?: (problem: string) => void;
  /** It cannot go on: the journal cannot be read, or the server refuses for good. */
  readonly failed?: (error: unknown) => void;
}

export interface ForwardLimits {
  /** A message waits for more until there are so many bytes (default 64 KiB), … */
  readonly messageBytes: number;
  /** … or for so long. Default 100. */
  readonly lingerMs: number;
  /** Read from the journal and not acknowledged by the server; then reading waits. Default 16 MiB. */
  readonly pendingBytesMax: number;
  /** Read from the journal at a time. Default 1 MiB. */
  readonly readBytes: number;
  /** How often it is looked up what writers have committed. Default 1,000. */
  readonly commitPollMs: number;
  /** After so long without a message an empty one shows writers whether the last ones are there. Default 5,000. */
  readonly idleMs: number;
  /** Between two readings that start again because a writer misses something. Default 5,000. */
  readonly rewindIntervalMs: number;
}

export const FORWARD_LIMITS: ForwardLimits = {
  messageBytes: 64 * 1024,
  lingerMs: 100,
  pendingBytesMax: 16 * 2 ** 20,
  readBytes: 2 ** 20,
  commitPollMs: 1000,
  idleMs: 5000,
  rewindIntervalMs: 5000,
};

export interface ForwarderOptions {
  /** Of this machine: 1 to 64 letters, digits, `_`, `-`; no two forwarders have the same. */
  readonly node: string;
  /** Of the journal, which counts positions from 0; another journal of this node has another. Same letters. */
  readonly incarnation: string;
  /** Opens a reading of the journal behind a position. */
  readonly openSource: (afterPosition: number) => Promise<ForwardSource>;
  /** What `committed` said last, in an earlier life; 0 in the first. */
  readonly committedPosition: number;
  readonly limits?: Partial<ForwardLimits>;
  readonly handlers?: ForwardHandlers;
}

export interface ForwarderStats {
  readonly messages: number;
  readonly bytes: number;
  readonly retries: number;
  /** Messages that the server had already. */
  readonly duplicates: number;
  readonly damagedBatches: number;
  /** Readings that started again because a writer missed something. */
  readonly rewinds: number;
  readonly pendingBytes: number;
  readonly inFlight: number;
  readonly readPosition: number;
  readonly committedPosition: number;
}
