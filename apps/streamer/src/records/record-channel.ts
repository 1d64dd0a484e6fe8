import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import type { BatchSender } from '@org/flow';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';
import { doubtRecord } from './doubt-record.ts';

export interface RecordChannelOptions {
  readonly sender: BatchSender;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** A batch leaves when it holds this many bytes … */
  readonly batchBytes: number;
  /** … or when its first record is this old. */
  readonly flushIntervalMs: number;
  /** The queue was full and refused a batch; called once a stream of it. */
  readonly refused: (stream: string) => void;
  /** The queue takes batches again after it had refused some. */
  readonly recovered?: () => void;
}

/**
 * The symbol queue: gathers records into batches and hands them to the acknowledged channel to the writer. A batch that
 * the channel refuses is lost; the next one begins with a doubt for every stream that was in it, so that whoever stores
 * the stream writes down exactly what is missing.
 */
export class RecordChannel {
  readonly #options: RecordChannelOptions;
  readonly #builder: RecordBatchBuilder;
  #isRefusing = false;
  #isFlushing = false;
  #timer: ReturnType<Clock['setTimeout']> | undefined;

  constructor(options: RecordChannelOptions) {
    this.#options = options;
    this.#builder = new RecordBatchBuilder(options.batchBytes + 4096);
  }

  append(meta: RecordMeta, payload: Uint8Array): void {
    this.#builder.append(meta, payload);
    if (this.#builder.byteLength >= this.#options.batchBytes) this.#flushSoon();
    else this.#timer ??= this.#options.clock.setTimeout(() => this.flush(), this.#options.flushIntervalMs);
  }

  /** Not at once: a refusal must not change a ledger in the middle of what it is doing. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#builder.recordCount === 0) return;
    const batch = this.#builder.take();
    if (!this.#options.sender.send(batch)) {
      this.#isRefusing = true;
      this.#reportRefused(batch);
    } else if (this.#isRefusing) {
      this.#isRefusing = false;
      this.#options.recovered?.();
    }
  }

  #reportRefused(batch: Buffer): void {
    const lost = new Map<string, RecordMeta>();
    readRecordBatch(batch, ({ stream, receivedAtUs, line }) => {
      lost.set(stream, { type: RECORD_TYPE.doubt, stream, receivedAtUs, line, connectionId: 0 });
    });
    for (const [stream, meta] of lost) {
      this.append(meta, doubtRecord('overflow', false));
      this.#options.refused(stream);
    }
  }
}
