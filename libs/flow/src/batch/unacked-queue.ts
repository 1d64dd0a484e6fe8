import { Buffer } from 'node:buffer';
import { ownMemory } from '../own-memory.ts';
import { BATCH_OVERHEAD_BYTES } from '../wire/messages.ts';

export interface UnackedBatch {
  readonly seq: number;
  readonly payload: Buffer;
  readonly queuedAtMs: number;
}

/** Acked entries are left in front until they are this many, so that removing one costs nothing. */
const COMPACT_AT = 1024;

/**
 * Batches from their acceptance to their ack, in order, with consecutive numbers from 1. Pure: no socket, no clock.
 *
 *   [ sent, waiting for the ack │ not sent on this connection ]
 *     ackedSeq + 1 … sentSeq      sentSeq + 1 … lastSeq
 *
 * Both limits are hard and in bytes of frames. One batch may be in flight whatever its size.
 */
export class UnackedQueue {
  readonly #bytesMax: number;
  readonly #sentBytesMax: number;
  readonly #batches: UnackedBatch[] = [];
  #head = 0;
  #bytes = 0;
  #sentBytes = 0;
  #ackedSeq = 0;
  #sentSeq = 0;
  #everSentSeq = 0;
  #lastSeq = 0;

  constructor(bytesMax: number, sentBytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#sentBytesMax = sentBytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }
  /** Bytes that may still be offered. */
  get roomBytes(): number {
    return this.#bytesMax - this.#bytes;
  }
  get batches(): number {
    return this.#lastSeq - this.#ackedSeq;
  }
  get ackedSeq(): number {
    return this.#ackedSeq;
  }
  /** The last batch that was sent on this connection. */
  get sentSeq(): number {
    return this.#sentSeq;
  }
  /** The last batch that was sent on any connection: nobody can know a later one. */
  get everSentSeq(): number {
    return this.#everSentSeq;
  }
  /** The last batch that was accepted. */
  get lastSeq(): number {
    return this.#lastSeq;
  }
  /** When the oldest batch was accepted. */
  get oldestQueuedAtMs(): number | undefined {
    return this.#batches[this.#head]?.queuedAtMs;
  }

  /** Takes the batch, or returns false when there is no room for it. */
  offer(payload: Buffer, nowMs: number): boolean {
    const bytes = payload.length + BATCH_OVERHEAD_BYTES;
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    this.#batches.push({ seq: ++this.#lastSeq, payload: ownMemory(payload), queuedAtMs: nowMs });
    return true;
  }

  /** The next batch to send, which counts as sent from now on; undefined when there is none or the window is full. */
  next(): UnackedBatch | undefined {
    const batch = this.#batches[this.#head + this.#sentSeq - this.#ackedSeq];
    if (batch === undefined) return undefined;
    const bytes = batch.payload.length + BATCH_OVERHEAD_BYTES;
    if (this.#sentBytes > 0 && this.#sentBytes + bytes > this.#sentBytesMax) return undefined;
    this.#sentBytes += bytes;
    this.#sentSeq = batch.seq;
    this.#everSentSeq = Math.max(this.#everSentSeq, batch.seq);
    return batch;
  }

  /** Lets go of this batch and all before it. They may be acked before. */
  acknowledge(seq: number): void {
    for (; this.#ackedSeq < seq; this.#ackedSeq++) {
      const batch = this.#batches[this.#head];
      if (batch === undefined) return;
      const bytes = batch.payload.length + BATCH_OVERHEAD_BYTES;
      this.#batches[this.#head++] = RELEASED;
      this.#bytes -= bytes;
      if (batch.seq <= this.#sentSeq) this.#sentBytes -= bytes;
    }
    this.#sentSeq = Math.max(this.#sentSeq, this.#ackedSeq);
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#batches.length) return;
    this.#batches.splice(0, this.#head);
    this.#head = 0;
  }

  /** A new connection: nothing that is left counts as sent. */
  rewind(): void {
    this.#sentSeq = this.#ackedSeq;
    this.#sentBytes = 0;
  }
}

const RELEASED: UnackedBatch = { seq: 0, payload: Buffer.alloc(0), queuedAtMs: 0 };
