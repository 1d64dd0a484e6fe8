import type { Batch } from '../format/record.ts';

export interface AppendResult {
  /** Behind the batch. Of a duplicate: of that batch or of a later one. */
  readonly position: number;
  readonly duplicate: boolean;
}

/** An append that waits for its group. */
export interface WaitingAppend {
  readonly batch: Batch;
  /** 0 for a duplicate: it waits for the original, which is before it, and writes nothing. */
  readonly recordBytes: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/** Appends in the order in which they came. */
export class AppendQueue {
  #waiting: WaitingAppend[] = [];
  #bytes = 0;

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(append: WaitingAppend): void {
    this.#waiting.push(append);
    this.#bytes += append.recordBytes;
  }

  /** What one write carries: records up to `bytesMax`, the first however large it is, all of them within `room`. */
  takeGroup(bytesMax: number, room: number): WaitingAppend[] {
    let [count, bytes] = [0, 0];
    for (; count < this.#waiting.length; count++) {
      const next = bytes + this.#waiting[count]!.recordBytes;
      if (next > room || (bytes > 0 && next > bytesMax)) break;
      bytes = next;
    }
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** The record that the next group must have room for. */
  firstRecordBytes(): number {
    return this.#waiting[0]?.recordBytes ?? 0;
  }

  takeAll(): WaitingAppend[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return all;
  }
}
