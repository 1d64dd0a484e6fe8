import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Clock } from '@org/binance-client';
import { BatchReceiver, type FlowError } from '@org/flow';
import { type Batch, isFinalJournalError, isJournalError } from '@org/journal';
import { firstReceiptUs } from '@org/storage';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { LatencyReport, WriterFigures } from '../control/messages.ts';
import { DURABLE_BOUNDS_MS, DurationBuckets } from '../monitoring/duration-buckets.ts';
import { LANES_MAX } from './record-journal.ts';

/** So many batches of all lanes may wait for one sync together. */
const BATCHES_AT_ONCE = 1024;

export interface BatchIntakeOptions {
  readonly socketPath: string;
  /** Resolves when the batch is durable. */
  readonly append: (batch: Batch) => Promise<unknown>;
  readonly clock: Pick<Clock, 'nowMs' | 'wallUs'>;
  readonly log: Log;
}

/** Takes batches from all lanes; each is acknowledged when it is durable. */
export class BatchIntake {
  readonly #receiver: BatchReceiver;
  readonly #writeNs = createHistogram();
  readonly #durableNs = createHistogram();
  readonly #writeBuckets = new DurationBuckets(DURABLE_BOUNDS_MS);
  readonly #durableBuckets = new DurationBuckets(DURABLE_BOUNDS_MS);

  constructor({ socketPath, append, clock, log }: BatchIntakeOptions) {
    this.#receiver = new BatchReceiver({
      socketPath,
      concurrentBatchesMax: BATCHES_AT_ONCE,
      lanesMax: LANES_MAX,
      handlers: {
        batch: async (batch) => {
          const startedAtMs = clock.nowMs();
          await append(batch);
          this.#written(clock.nowMs() - startedAtMs);
          const receivedAtUs = firstReceiptUs(batch.payload);
          if (receivedAtUs !== undefined) this.#durable((clock.wallUs() - receivedAtUs) / 1000);
        },
        failed: (error) => this.#failed(error, log),
      },
    });
  }

  listen(): Promise<void> {
    return this.#receiver.listen();
  }

  close(): Promise<void> {
    return this.#receiver.close();
  }

  /** From the arrival of a batch until it is durable. */
  writeLatencyMs(): LatencyReport {
    return percentilesMs(this.#writeNs);
  }

  /** From the receipt of the first message of a batch until the batch is durable: the others waited less. */
  receiptToDurableMs(): LatencyReport {
    return percentilesMs(this.#durableNs);
  }

  /** The same two by fixed bounds, so that those of many recorders and of any time can be put together. */
  figures(): Pick<WriterFigures, 'journalCommit' | 'receiptToDurable'> {
    return { journalCommit: this.#writeBuckets.counts(), receiptToDurable: this.#durableBuckets.counts() };
  }

  #written(latencyMs: number): void {
    record(this.#writeNs, latencyMs);
    this.#writeBuckets.observe(latencyMs);
  }

  #durable(latencyMs: number): void {
    record(this.#durableNs, latencyMs);
    this.#durableBuckets.observe(latencyMs);
  }

  /** A full disk and a final error are told by the journal itself, once, instead of once a batch. */
  #failed(error: FlowError, log: Log): void {
    const { cause } = error;
    if (isFinalJournalError(cause) || (isJournalError(cause) && cause.code === 'DISK_FULL')) return;
    log.error('BatchRefused', {
      ...errorFields(error),
      ...(cause === undefined ? {} : { cause: errorFields(cause) }),
    });
  }
}

/** A machine whose clock was set back between the two has nothing to tell. */
function record(histogramNs: RecordableHistogram, latencyMs: number): void {
  histogramNs.record(Math.max(1, Math.round(latencyMs * 1e6)));
}

function percentilesMs(histogramNs: RecordableHistogram): LatencyReport {
  const at = (percentile: number): number => histogramNs.percentile(percentile) / 1e6;
  return { p50: at(50), p99: at(99), p999: at(99.9) };
}
