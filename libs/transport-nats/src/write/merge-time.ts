import { RECORD_TYPE, RecordBatchBuilder, firstReceiptUs } from '@org/storage';
import type { Buffer } from 'node:buffer';

const US_PER_MS = 1000;

/**
 * The time of the journals that a partition comes from, going on while nothing comes: the last receipt, and what has passed
 * on the own clock since. So machines need not agree on the time with their writer.
 */
export class MergeTime {
  #receiptUs = 0;
  #seenAtMs = 0;

  get latestReceiptUs(): number {
    return this.#receiptUs;
  }

  /** Returns the first receipt of the batch; undefined where it has none. */
  saw(batch: Buffer, nowMs: number): number | undefined {
    const receiptUs = firstReceiptUs(batch);
    if (receiptUs === undefined || !Number.isFinite(receiptUs)) return undefined;
    this.#receiptUs = receiptUs;
    this.#seenAtMs = nowMs;
    return receiptUs;
  }

  /** A batch with nothing but this time. */
  tick(nowMs: number): Buffer {
    const builder = new RecordBatchBuilder(64);
    const receivedAtUs = this.#receiptUs + (nowMs - this.#seenAtMs) * US_PER_MS;
    builder.append(
      { type: RECORD_TYPE.tick, stream: '', receivedAtUs, line: 0, connectionId: 0 },
      new Uint8Array(0),
    );
    return builder.take();
  }
}
