import type { Clock } from '@org/binance-client';
import type { PackOutcome } from '@org/storage-csv';
import type { ChildHandle } from '@org/supervision';
import type { CompactionReport, PackOrder, PackReport } from './pack-messages.ts';

/** It looks for the order to stop between two pieces of a MiB. */
const STOP_TIMEOUT_MS = 1000;

export interface PackRoundOptions {
  readonly packer: ChildHandle;
  readonly order: PackOrder;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly outcomes: (outcomes: readonly PackOutcome[]) => void;
  readonly compaction?: (report: CompactionReport) => void;
}

export interface PackerDeath {
  /** The file that it was at; null when it was at none. */
  readonly path: string | null;
  /** The day, `<SYMBOL>/<date>`, that it was making Parquet files of; null when it was not. */
  readonly day: string | null;
  readonly problem: string;
}

/** One life of a packer: it is told what to pack when it is ready, and ends by itself. */
export class PackRound {
  /** The file that it is at; null between files. */
  current: string | null = null;
  /** The day, `<SYMBOL>/<date>`, that it is making Parquet files of. */
  compacting: string | null = null;
  /** Resolves when the packer is gone; with how it died, if it did. */
  readonly ended: Promise<PackerDeath | undefined>;
  readonly #options: PackRoundOptions;
  #isStopping = false;

  constructor(options: PackRoundOptions) {
    this.#options = options;
    const { packer } = options;
    packer.onMessage((message) => this.#take(message as PackReport | { readonly type: 'ready' }));
    this.ended = new Promise((resolve) =>
      packer.onExit(({ code, signal }) => resolve(this.#death(code, signal))),
    );
  }

  /** Resolves when the packer is gone. Whatever it was at is begun again by another. */
  async stop(): Promise<void> {
    const { packer, clock } = this.#options;
    this.#isStopping = true;
    packer.send({ type: 'stop' });
    const timer = clock.setTimeout(() => packer.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.ended;
    clock.clearTimeout(timer);
  }

  #take(message: PackReport | { readonly type: 'ready' }): void {
    const { packer, order, outcomes, compaction } = this.#options;
    switch (message.type) {
      case 'ready':
        return packer.send(order);
      case 'began':
        this.current = message.path;
        return;
      case 'outcomes':
        this.current = null;
        return outcomes(message.outcomes);
      case 'compacting':
        this.compacting = message.day;
        return;
      default:
        this.compacting = null;
        compaction?.(message);
    }
  }

  #death(code: number | null, signal: string | null): PackerDeath | undefined {
    if (this.#isStopping || code === 0) return undefined;
    const problem = `expected a packer that ends by itself, was ended by ${signal ?? `exit code ${code}`}`;
    return { path: this.current, day: this.compacting, problem };
  }
}
