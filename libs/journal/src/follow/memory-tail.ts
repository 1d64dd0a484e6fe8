import { Buffer } from 'node:buffer';
import type { Batch } from '../format/record.ts';

/** A durable batch. */
export interface JournalEntry extends Batch {
  /** Behind this batch: store it with what was made of the batch, and go on from it. */
  readonly position: number;
  /** Between this batch and the one that was handed out before it lies damage: batches of any lane may be missing. */
  readonly afterDamage?: true;
}

/** What an entry takes beside its payload, roughly. */
const ENTRY_OVERHEAD_BYTES = 160;
const EMPTY = Buffer.alloc(0);

/** The newest durable entries, so that a follower that keeps up reads nothing from the disk. */
export class MemoryTail {
  readonly #bytesMax: number;
  readonly #entries: JournalEntry[] = [];
  #head = 0;
  #bytes = 0;
  #fromPosition: number;

  constructor(bytesMax: number, position: number) {
    this.#bytesMax = bytesMax;
    this.#fromPosition = position;
  }

  /** Every entry behind this position is here. */
  get fromPosition(): number {
    return this.#fromPosition;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.payload.length + ENTRY_OVERHEAD_BYTES;
    while (this.#bytes > this.#bytesMax) this.#dropOldest();
  }

  /** Entries behind `position`: at least one when there is one, no more than `bytesMax` of payload otherwise. */
  read(position: number, bytesMax: number): JournalEntry[] {
    const taken: JournalEntry[] = [];
    let bytes = 0;
    for (let index = this.#firstBehind(position); index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      bytes += entry.payload.length;
      if (taken.length > 0 && bytes > bytesMax) break;
      taken.push(entry);
    }
    return taken;
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#head]!;
    this.#head++;
    this.#bytes -= oldest.payload.length + ENTRY_OVERHEAD_BYTES;
    this.#fromPosition = oldest.position;
    // The array is moved together only when half of it is unused. Until then the slot keeps nothing alive.
    this.#entries[this.#head - 1] = { ...oldest, payload: EMPTY };
    if (this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #firstBehind(position: number): number {
    let [low, high] = [this.#head, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
