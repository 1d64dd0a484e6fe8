import type { Buffer } from 'node:buffer';
import type { Clock } from './clock.ts';
import type { JournalError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import type { JournalDamage } from './segment/segment.ts';

/** All are called in between, none is waited for; they must not throw. */
export interface JournalHandlers {
  /** Damage that was found while a follower read; what the recovery found is in its report. Each place once. */
  damaged?(damage: JournalDamage): void;
  /** Appends are rejected with DISK_FULL from now on; once a spell. */
  diskFull?(error: JournalError): void;
  /** The first batch is durable after such a spell. */
  diskFreed?(): void;
  /** Final: end the process. */
  failed?(error: JournalError): void;
}

export interface JournalOptions {
  /** A folder that belongs to this journal alone; it is made with its parents. */
  readonly dir: string;
  readonly fileSystem?: FileSystem;
  /** Size of a segment file, default 64 MiB. A batch that is larger gets a segment of its own size. */
  readonly segmentBytes?: number;
  /** A file that {@link Journal.releaseReserve} deletes, default 64 MiB; 0 for none. */
  readonly reserveBytes?: number;
  /** Largest payload, default 64 MiB; beyond it RECORD_TOO_LARGE. */
  readonly payloadBytesMax?: number;
  /** What one write carries at most (one batch always), default 16 MiB. */
  readonly groupBytesMax?: number;
  /** What may wait to be written, default 256 MiB; beyond it QUEUE_FULL. */
  readonly queueBytesMax?: number;
  /** Newest entries that are kept in memory for followers, default 16 MiB. */
  readonly tailBytesMax?: number;
  /** Most lanes, default 4096; beyond it LANES_EXHAUSTED. */
  readonly lanesMax?: number;
  /** Lives of a lane that are remembered, default 16; an older one is EPOCH_FORGOTTEN. */
  readonly epochsMax?: number;
  /** On a full disk a new segment is tried no more often than this, default 1000 ms. */
  readonly diskFullRetryMs?: number;
  /**
   * The greatest position that anybody has stored, default 0. When the journal ends before it, this is reported as
   * END_MISSING, and new batches get greater positions, so that no follower takes them for known ones.
   */
  readonly knownPosition?: number;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Buffer;
  readonly handlers?: JournalHandlers;
}

/** Limits with their defaults. */
export interface JournalLimits {
  readonly segmentBytes: number;
  readonly reserveBytes: number;
  readonly payloadBytesMax: number;
  readonly groupBytesMax: number;
  readonly queueBytesMax: number;
  readonly tailBytesMax: number;
  readonly lanesMax: number;
  readonly epochsMax: number;
  readonly diskFullRetryMs: number;
}

const MIB = 1024 * 1024;
const SEGMENT_BYTES_MIN = 1024;

export function limitsOf(options: JournalOptions): JournalLimits {
  const limits = {
    segmentBytes: options.segmentBytes ?? 64 * MIB,
    reserveBytes: options.reserveBytes ?? 64 * MIB,
    payloadBytesMax: options.payloadBytesMax ?? 64 * MIB,
    groupBytesMax: options.groupBytesMax ?? 16 * MIB,
    queueBytesMax: options.queueBytesMax ?? 256 * MIB,
    tailBytesMax: options.tailBytesMax ?? 16 * MIB,
    lanesMax: options.lanesMax ?? 4096,
    epochsMax: options.epochsMax ?? 16,
    diskFullRetryMs: options.diskFullRetryMs ?? 1000,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${name}: expected a whole number, was ${value}`);
  }
  if (limits.segmentBytes % 8 !== 0 || limits.segmentBytes < SEGMENT_BYTES_MIN)
    throw new RangeError(
      `segmentBytes: expected a multiple of 8 from ${SEGMENT_BYTES_MIN}, was ${limits.segmentBytes}`,
    );
  return limits;
}
