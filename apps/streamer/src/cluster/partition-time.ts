import type { PartitionStatus } from '@org/transport-nats';

const US_PER_MS = 1000;

/** After so long without anything from any collector the clock goes on where the journals do not. */
const QUIET_MS = 300_000;

/** Rows that wait longer for a collector may find their files closed, and go to another part. */
const HOLD_MS = 300_000;

export interface PartitionTimeOptions {
  /** How long a merge waits for a collector that brings nothing, ms. */
  readonly patienceMs: number;
}

type Heard = Pick<PartitionStatus, 'partition' | 'latestReceiptUs' | 'isWaiting'>;

interface Partition {
  readonly latestReceiptUs: number;
  /** Since when nothing else was heard. */
  readonly sinceMs: number;
  /** How far it was when rows began to wait, and when that was; undefined while none do. */
  readonly held: { readonly closingUs: number; readonly sinceMs: number } | undefined;
}

/**
 * The receipts before which everything is in the files of a partition: what its collectors were last heard to receive, less
 * what a merge may still hold. So a writer that catches up over midnight closes nothing under rows that are on their way.
 */
export class PartitionTime {
  readonly #patienceUs: number;
  readonly #partitions = new Map<number, Partition>();

  constructor({ patienceMs }: PartitionTimeOptions) {
    this.#patienceUs = patienceMs * US_PER_MS;
  }

  /** µs since the epoch. To be asked for regularly. */
  closingUs({ partition, latestReceiptUs, isWaiting }: Heard, nowMs: number): number {
    const before = this.#partitions.get(partition);
    const sinceMs = before?.latestReceiptUs === latestReceiptUs ? before.sinceMs : nowMs;
    const nowUs = nowMs * US_PER_MS;
    const isQuiet = !isWaiting && nowMs - sinceMs >= QUIET_MS;
    const closingUs = (isQuiet ? nowUs : Math.min(nowUs, latestReceiptUs)) - this.#patienceUs;
    const held = isWaiting ? (before?.held ?? { closingUs, sinceMs: nowMs }) : undefined;
    this.#partitions.set(partition, { latestReceiptUs, sinceMs, held });
    const isHeld = held !== undefined && nowMs - held.sinceMs < HOLD_MS;
    return isHeld ? Math.min(held.closingUs, closingUs) : closingUs;
  }
}
