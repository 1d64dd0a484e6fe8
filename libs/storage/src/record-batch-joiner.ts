import { Buffer } from 'node:buffer';

const VERSION_BYTES = 1;

/**
 * Puts batches one behind the other into one batch. Each names its streams anew, which a batch may do, so the records
 * are those of the parts in their order.
 *
 * It copies once, into memory that it keeps: what `join` gives is overwritten by the first `add` after `clear`.
 */
export class RecordBatchJoiner {
  #bytes: Buffer;
  #length = 0;

  /** `capacityBytes` is where the memory starts, not a limit. */
  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  /** Bytes so far, 0 without a batch. */
  get byteLength(): number {
    return this.#length;
  }

  add(batch: Buffer): void {
    const from = this.#length === 0 ? 0 : VERSION_BYTES;
    this.#reserve(batch.length - from);
    this.#length += batch.copy(this.#bytes, this.#length, from);
  }

  /** All batches as one. */
  join(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
