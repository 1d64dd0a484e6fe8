import type { Buffer } from 'node:buffer';
import type { Clock } from '../clock.ts';
import type { SpoolFileSystem } from '../spool/spool-file-system.ts';
import { nodeSpoolFileSystem } from '../spool/spool-file-system.ts';
import { Spool } from '../spool/spool.ts';
import { UnackedQueue } from './unacked-queue.ts';

/** Where batches go that the memory queue has no room for. */
export interface BatchSpoolOptions {
  /**
   * A folder of this lane alone; made for its owner (0700) when it is absent. Spool files that are found there when the
   * sender starts are those of an earlier life, and are deleted.
   */
  readonly folder: string;
  /** Most bytes on disk and on their way there. Hard. */
  readonly bytesMax: number;
  /** Default: that of this machine. */
  readonly fileSystem?: SpoolFileSystem;
}

export interface BacklogOptions {
  readonly queueBytesMax: number;
  readonly sentBytesMax: number;
  readonly spool: BatchSpoolOptions | undefined;
  readonly epoch: number;
  readonly clock: Clock;
  /** Batches came back from the spool and may be sent. */
  returned(): void;
  /** The oldest batches of the spool cannot be read back; all later ones move up by so many numbers. */
  damaged(batches: number, payloadBytes: number): void;
}

/** All batches from their acceptance to their ack: first the queue in memory, then the spool, in one order. */
export class Backlog {
  readonly queue: UnackedQueue;
  readonly #spool: Spool | undefined;

  constructor(options: BacklogOptions) {
    const { spool, epoch, clock, queueBytesMax } = options;
    this.queue = new UnackedQueue(queueBytesMax, options.sentBytesMax);
    if (spool === undefined) return;
    this.#spool = new Spool({
      folder: spool.folder,
      bytesMax: spool.bytesMax,
      fileSystem: spool.fileSystem ?? nodeSpoolFileSystem,
      epoch,
      clock,
      queueBytesMax,
      roomBytes: () => this.queue.roomBytes,
      returned: (batches) => {
        for (const { payload, queuedAtMs } of batches) this.queue.offer(payload, queuedAtMs);
        options.returned();
      },
      damaged: (batches, payloadBytes) => options.damaged(batches, payloadBytes),
    });
  }

  /** Queue and spool together. */
  get bytes(): number {
    return this.queue.bytes + this.spooledBytes;
  }
  get batches(): number {
    return this.queue.batches + this.spooledBatches;
  }
  get oldestQueuedAtMs(): number | undefined {
    return this.queue.oldestQueuedAtMs ?? this.#spool?.oldestQueuedAtMs;
  }
  get spooledBytes(): number {
    return this.#spool?.bytes ?? 0;
  }
  get spooledBatches(): number {
    return this.#spool?.batches ?? 0;
  }
  get spoolFailures(): number {
    return this.#spool?.failures ?? 0;
  }
  /** The number that the batch that was accepted last has, or will have unless one before it is damaged. */
  get lastSeq(): number {
    return this.queue.lastSeq + this.spooledBatches;
  }

  start(): void {
    this.#spool?.prepare();
  }

  /** Takes the batch, or returns false when there is no room for it. Behind a batch in the spool all others go there. */
  offer(payload: Buffer, nowMs: number): boolean {
    if (this.spooledBatches === 0 && this.queue.offer(payload, nowMs)) return true;
    return this.#spool?.offer(payload, nowMs) ?? false;
  }

  /** Lets go of this batch and all before it, and fills their place. */
  acknowledge(seq: number): void {
    this.queue.acknowledge(seq);
    this.#spool?.refill();
  }

  async close(): Promise<void> {
    await this.#spool?.close();
  }
}
