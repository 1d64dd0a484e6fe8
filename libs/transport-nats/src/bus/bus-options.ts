import type { Clock } from '../clock.ts';
import type { LinkOptions } from './link.ts';

/** What the streams of a recorder are made with. */
export interface BusLayout {
  /** Fixed when the streams are made: a symbol belongs to a partition for good. 1 to 256, default 16. */
  readonly partitions?: number;
  /** Copies that the servers keep: 1, 3 or 5. Default 1. */
  readonly replicas?: number;
  /** Room for what is forwarded and not committed yet; when it is full, forwarders wait. Default 1 GiB. */
  readonly streamBytesMax?: number;
  /** For how long a repeated message is recognised by the server. Default 120,000. */
  readonly duplicateWindowMs?: number;
  /** After this long without a renewal a lease is free. Default 5,000. */
  readonly leaseTtlMs?: number;
}

export interface BusOptions extends BusLayout, LinkOptions {
  /** Of the recorder: 1 to 64 letters, digits, `_`, `-`. Streams, buckets and subjects begin with it. */
  readonly name: string;
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export interface BusLimits extends Required<BusLayout> {
  readonly requestTimeoutMs: number;
}

const GIB = 2 ** 30;
const PARTITIONS_MAX = 256;

/** Throws a `RangeError`. */
export function busLimits(options: BusOptions): BusLimits {
  const limits = {
    partitions: options.partitions ?? 16,
    replicas: options.replicas ?? 1,
    streamBytesMax: options.streamBytesMax ?? GIB,
    duplicateWindowMs: options.duplicateWindowMs ?? 120_000,
    leaseTtlMs: options.leaseTtlMs ?? 5000,
    requestTimeoutMs: options.requestTimeoutMs ?? 5000,
  };
  for (const [name, value] of Object.entries(limits))
    if (!(Number.isSafeInteger(value) && value > 0))
      throw new RangeError(`${name}: expected a whole number above 0, was ${value}`);
  if (limits.partitions > PARTITIONS_MAX)
    throw new RangeError(`partitions: expected at most ${PARTITIONS_MAX}, was ${limits.partitions}`);
  if (![1, 3, 5].includes(limits.replicas))
    throw new RangeError(`replicas: expected 1, 3 or 5, was ${limits.replicas}`);
  return limits;
}
