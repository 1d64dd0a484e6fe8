import { RECORD_TYPE, RecordBatchBuilder, firstReceiptUs } from '@org/storage';
import type { Buffer } from 'node:buffer';

const US_PER_MS = 1000;

/**
 * The time of the journals that a partition comes from, going on while nothing comes: the greatest receipt, and what has
 * passed on the own clock since. So machines need not agree on the time with their writer. It never goes back: journals that
 * are behind others are read in turn with them, and what waits would seem to have waited for all that lies between.
 */
export class MergeTime {
  #latestReceiptUs = 0;
  #greatestUs: number;
  #sinceMs: number;

  /** `startUs`: how far it was in an earlier life. */
  constructor(startUs: number, nowMs: number) {
    this.#greatestUs = startUs;
    this.#sinceMs = nowMs;
  }

  /** Of what was read last; 0 before that. */
  get latestReceiptUs(): number {
    return this.#latestReceiptUs;
  }

  nowUs(nowMs: number): number {
    return this.#greatestUs + (nowMs - this.#sinceMs) * US_PER_MS;
  }

  /** Returns the first receipt of the batch; undefined where it has none. */
  saw(batch: Buffer, nowMs: number): number | undefined {
    const receiptUs = firstReceiptUs(batch);
    if (receiptUs === undefined || !Number.isFinite(receiptUs)) return undefined;
    this.#latestReceiptUs = receiptUs;
    if (receiptUs > this.nowUs(nowMs)) {
      this.#greatestUs = receiptUs;
      this.#sinceMs = nowMs;
    }
    return receiptUs;
  }

  /** A batch with nothing but this time. */
  tick(nowMs: number): Buffer {
    const builder = new RecordBatchBuilder(64);
    const meta = { type: RECORD_TYPE.tick, stream: '', line: 0, connectionId: 0 };
    builder.append({ ...meta, receivedAtUs: this.nowUs(nowMs) }, new Uint8Array(0));
    return builder.take();
  }
}
