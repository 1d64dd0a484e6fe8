import type { Buffer } from 'node:buffer';
import type { Clock, ClockTimer } from '../clock.ts';
import { ownMemory } from '../own-memory.ts';
import { BATCH_OVERHEAD_BYTES } from '../wire/messages.ts';
import { batchBytes, blockLength, encodeBlock } from './block.ts';
import type { SpooledBatch } from './block.ts';
import { SpoolFolder } from './spool-folder.ts';
import { spoolLimits } from './spool-limits.ts';
import type { SpoolLimits } from './spool-limits.ts';
import type { SpoolFileSystem } from './spool-file-system.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Most bytes on disk and on their way there. Hard. */
  readonly bytesMax: number;
  readonly fileSystem: SpoolFileSystem;
  readonly clock: Clock;
  /** Names the files, so that another life that uses the same folder has others. */
  readonly epoch: number;
  readonly queueBytesMax: number;
  /** Room in the memory queue, in bytes. While the spool holds something, only the spool may take of it. */
  roomBytes(): number;
  /** The oldest batches are in memory again, in order, and are the queue's from now on. */
  returned(batches: readonly SpooledBatch[]): void;
  /** The oldest batches cannot be read back. */
  damaged(batches: number, payloadBytes: number): void;
}

/** A spool that could not write tries it again after this. */
const RETRY_DELAY_MS = 1000;

/**
 * A first-in-first-out queue of batches in files, for what the memory queue has no room for:
 *
 *   offer → [ pending, in memory ] → [ blocks, on disk ] → returned, as the queue makes room
 *
 * What is pending goes to disk by the block and asynchronously; when nothing is on disk, it returns without having been
 * there. What was taken stays pending while the disk fails, so a failure loses nothing.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #limits: SpoolLimits;
  readonly #folder: SpoolFolder;
  readonly #pending: SpooledBatch[] = [];
  #pendingBytes = 0;
  #bytes = 0;
  #batches = 0;
  #failures = 0;
  #writing: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #failing = false;
  #retry: ClockTimer | undefined;
  #closed = false;

  /** Throws a RangeError for a limit that is no positive number. */
  constructor(options: SpoolOptions) {
    if (!(options.bytesMax > 0))
      throw new RangeError(`spool of ${options.bytesMax} bytes, expected more than 0`);
    this.#options = options;
    this.#limits = spoolLimits(options.bytesMax, options.queueBytesMax);
    this.#folder = new SpoolFolder({
      ...options,
      segmentBytesMax: this.#limits.segmentBytesMax,
      unreadable: () => this.#failures++,
      unremoved: () => this.#retryLater(),
    });
  }

  /** Bytes of the batches in it, counted as the queue counts them. */
  get bytes(): number {
    return this.#bytes;
  }
  get batches(): number {
    return this.#batches;
  }
  /** Operations of the disk that failed, and blocks that were damaged. */
  get failures(): number {
    return this.#failures;
  }
  get oldestQueuedAtMs(): number | undefined {
    return this.#folder.head?.oldestQueuedAtMs ?? this.#pending[0]?.queuedAtMs;
  }

  /** Makes the folder and removes what an earlier life left there. */
  prepare(): void {
    this.#folder.prepare().catch(() => this.#failed());
  }

  /** Takes the batch, or returns false: the spool is full, the disk is too slow, or it fails. */
  offer(payload: Buffer, queuedAtMs: number): boolean {
    const bytes = batchBytes(payload);
    if (this.#failing || bytes > this.#options.queueBytesMax || !this.#fits(bytes)) return false;
    this.#pending.push({ payload: ownMemory(payload), queuedAtMs });
    this.#pendingBytes += bytes;
    this.#bytes += bytes;
    this.#batches++;
    this.#write();
    return true;
  }

  /** Returns to memory what has room there. Call it whenever there is more. */
  refill(): void {
    if (this.#closed || this.#reading !== undefined) return;
    const head = this.#folder.head;
    if (head === undefined) this.#returnPending();
    else if (head.bytes <= this.#options.roomBytes()) {
      this.#reading = this.#readBack().finally(() => {
        this.#reading = undefined;
        this.refill();
      });
    }
  }

  /** Waits for the disk and removes the files. What was in them is gone, but still counted. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#retry);
    await Promise.all([this.#writing, this.#reading]);
    await this.#folder.close();
  }

  #fits(bytes: number): boolean {
    const { bufferBytesMax, blockBytesMax } = this.#limits;
    if (this.#folder.bytes + this.#pendingBytes + bytes > this.#options.bytesMax) return false;
    // What is less than a block is not written for now, so a batch of any size must find room behind it.
    return this.#pendingBytes < blockBytesMax || this.#pendingBytes + bytes <= bufferBytesMax;
  }

  #write(): void {
    if (this.#closed || this.#writing !== undefined || this.#pendingBytes < this.#limits.blockBytesMax)
      return;
    this.#writing = this.#writeBlock().then(
      () => {
        this.#writing = undefined;
        this.#failing = false;
        this.refill();
        this.#write();
      },
      () => {
        this.#writing = undefined;
        this.#failed();
        this.refill();
      },
    );
  }

  async #writeBlock(): Promise<void> {
    const batches = this.#pending.slice(0, blockLength(this.#pending, this.#limits.blockBytesMax));
    const block = encodeBlock(batches);
    await this.#folder.append(block);
    this.#pending.splice(0, batches.length);
    this.#pendingBytes -= block.bytes;
  }

  #failed(): void {
    this.#failing = true;
    this.#retryLater();
  }

  #retryLater(): void {
    this.#failures++;
    if (this.#closed) return;
    this.#retry ??= this.#options.clock.setTimeout(() => {
      this.#retry = undefined;
      this.#folder.removeSpent();
      // When what waited has returned to memory there is nothing to try with, so the next batch is let in.
      if (this.#pendingBytes < this.#limits.blockBytesMax) this.#failing = false;
      else this.#write();
    }, RETRY_DELAY_MS);
  }

  async #readBack(): Promise<void> {
    const head = this.#folder.head!;
    const batches = await this.#folder.read();
    if (this.#closed) return;
    this.#folder.dropHead();
    this.#release(head.batches, head.bytes);
    if (batches !== undefined) this.#options.returned(batches);
    else this.#options.damaged(head.batches, head.bytes - head.batches * BATCH_OVERHEAD_BYTES);
  }

  /** Nothing is on disk. What is on its way there must arrive first, or it would come twice. */
  #returnPending(): void {
    if (this.#writing !== undefined) return;
    let bytes = 0;
    let count = 0;
    for (const { payload } of this.#pending) {
      if (bytes + batchBytes(payload) > this.#options.roomBytes()) break;
      bytes += batchBytes(payload);
      count++;
    }
    if (count === 0) return;
    this.#pendingBytes -= bytes;
    this.#release(count, bytes);
    this.#options.returned(this.#pending.splice(0, count));
  }

  #release(batches: number, bytes: number): void {
    this.#batches -= batches;
    this.#bytes -= bytes;
  }
}
