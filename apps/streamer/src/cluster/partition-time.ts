import type { PartitionStatus } from '@org/transport-nats';

const US_PER_MS = 1000;

/** After so long without anything from any collector the clock goes on where the journals do not. */
const QUIET_MS = 300_000;

export interface PartitionTimeOptions {
  /** How long a merge may hold rows, ms. */
  readonly patienceMs: number;
}

type Heard = Pick<PartitionStatus, 'partition' | 'latestReceiptUs' | 'isWaiting'>;

/**
 * The receipts before which everything is in the files of a partition: what its collectors were last heard to receive, less
 * what a merge may still hold. So a writer that catches up over midnight closes nothing under rows that are on their way.
 */
export class PartitionTime {
  readonly #patienceUs: number;
  /** What was heard of each partition, and since when nothing else. */
  readonly #heard = new Map<number, { readonly latestReceiptUs: number; readonly sinceMs: number }>();

  constructor({ patienceMs }: PartitionTimeOptions) {
    this.#patienceUs = patienceMs * US_PER_MS;
  }

  /** µs since the epoch. */
  closingUs({ partition, latestReceiptUs, isWaiting }: Heard, nowMs: number): number {
    let heard = this.#heard.get(partition);
    if (heard?.latestReceiptUs !== latestReceiptUs)
      this.#heard.set(partition, (heard = { latestReceiptUs, sinceMs: nowMs }));
    const nowUs = nowMs * US_PER_MS;
    const isQuiet = !isWaiting && nowMs - heard.sinceMs >= QUIET_MS;
    return (isQuiet ? nowUs : Math.min(nowUs, latestReceiptUs)) - this.#patienceUs;
  }
}
