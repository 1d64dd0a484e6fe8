import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import type { BatchSender } from '@org/flow';
import { RECORD_TYPE, readRecordBatch, RecordBatchBuilder, type RecordMeta } from '@org/storage';

export interface RecordChannelOptions {
  readonly sender: BatchSender;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** A batch leaves when it holds this many bytes … */
  readonly batchBytes: number;
  /** … or when its first record is this old. */
  readonly flushIntervalMs: number;
  /** The queue was full and refused a batch; called once a stream of it. The caller declares the gap. */
  readonly refused: (stream: string, records: number) => void;
}

/** The symbol queue: gathers records into batches and hands them to the acknowledged channel to the writer. */
export class RecordChannel {
  readonly #options: RecordChannelOptions;
  readonly #builder: RecordBatchBuilder;
  #timer: ReturnType<Clock['setTimeout']> | undefined;

  constructor(options: RecordChannelOptions) {
    this.#options = options;
    this.#builder = new RecordBatchBuilder(options.batchBytes + 4096);
  }

  append(meta: RecordMeta, payload: Uint8Array): void {
    this.#builder.append(meta, payload);
    if (this.#builder.byteLength >= this.#options.batchBytes) this.flush();
    else this.#timer ??= this.#options.clock.setTimeout(() => this.flush(), this.#options.flushIntervalMs);
  }

  flush(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#builder.recordCount === 0) return;
    const batch = this.#builder.take();
    if (!this.#options.sender.send(batch)) this.#reportRefused(batch);
  }

  #reportRefused(batch: Buffer): void {
    const lost = new Map<string, number>();
    readRecordBatch(batch, ({ stream, type }) => {
      // A gap row that is refused is not declared anew: the overflow itself covers it.
      if (type !== RECORD_TYPE.gap) lost.set(stream, (lost.get(stream) ?? 0) + 1);
    });
    for (const [stream, records] of lost) this.#options.refused(stream, records);
  }
}
