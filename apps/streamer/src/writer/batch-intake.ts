import { createHistogram } from 'node:perf_hooks';
import type { Clock } from '@org/binance-client';
import { BatchReceiver, type FlowError } from '@org/flow';
import { type Batch, isFinalJournalError, isJournalError } from '@org/journal';
import { errorFields, type Log } from '../logging/child-log.ts';
import { LANES_MAX } from './record-journal.ts';

/** So many batches of all lanes may wait for one sync together. */
const BATCHES_AT_ONCE = 1024;

export interface BatchIntakeOptions {
  readonly socketPath: string;
  /** Resolves when the batch is durable. */
  readonly append: (batch: Batch) => Promise<unknown>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Takes batches from all lanes; each is acknowledged when it is durable. */
export class BatchIntake {
  readonly #receiver: BatchReceiver;
  readonly #latencyNs = createHistogram();

  constructor({ socketPath, append, clock, log }: BatchIntakeOptions) {
    this.#receiver = new BatchReceiver({
      socketPath,
      concurrentBatchesMax: BATCHES_AT_ONCE,
      lanesMax: LANES_MAX,
      handlers: {
        batch: async (batch) => {
          const startedAtMs = clock.nowMs();
          await append(batch);
          this.#latencyNs.record(Math.max(1, Math.round((clock.nowMs() - startedAtMs) * 1e6)));
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
  latencyMs(): { readonly p50: number; readonly p99: number } {
    return { p50: this.#latencyNs.percentile(50) / 1e6, p99: this.#latencyNs.percentile(99) / 1e6 };
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
