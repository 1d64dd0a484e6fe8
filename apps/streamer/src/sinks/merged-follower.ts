import type { Buffer } from 'node:buffer';
import type { Clock } from '@org/binance-client';
import type { StreamMerge } from '@org/continuity';
import type { TailEntry, TailSource } from '@org/flow';

/** How much is read at a time: enough to keep a sink busy, little enough to stop between. */
const READ_BYTES = 4 * 1024 * 1024;

export interface MergedFollowerOptions {
  /** The journal from `from` on: a follower of it, or a tail of the one in the writer. */
  readonly source: TailSource;
  readonly from: number;
  /** What lay between the reader's position and `from` is gone. */
  readonly isDamaged: boolean;
  readonly merge: StreamMerge;
  /** Takes what the merge made of one entry; nothing else happens until it resolves. */
  readonly take: (batch: Buffer, position: number) => void | Promise<void>;
  /** Called whenever nothing is under way: after entries were taken, and at least every `idleMs`. */
  readonly paused: () => void | Promise<void>;
  readonly idleMs: number;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
}

/** Reads the journal through a merge of its own, one entry at a time. */
export class MergedFollower {
  readonly #options: MergedFollowerOptions;
  readonly #waiters = new Set<() => void>();
  #position: number;
  #stopped = false;
  /** When it last took an entry, or had none to take. */
  movedAtMs: number;

  constructor(options: MergedFollowerOptions) {
    this.#options = options;
    this.#position = options.from;
    this.movedAtMs = options.clock.nowMs();
  }

  /** Behind the last entry that was taken. */
  get position(): number {
    return this.#position;
  }

  /** Follows until `stop`; rejects when an entry could not be taken or read. */
  async run(): Promise<void> {
    let reading: Promise<readonly TailEntry[]> | undefined;
    while (!this.#stopped) {
      reading ??= this.#options.source.next(READ_BYTES);
      const entries = await this.#within(reading);
      this.movedAtMs = this.#options.clock.nowMs();
      if (entries !== undefined) {
        reading = undefined;
        if (entries.length === 0) return;
        for (const entry of entries) await this.#take(entry);
      }
      await this.#options.paused();
      for (const check of this.#waiters) check();
    }
    await reading;
  }

  /** Resolves when everything up to `position` was taken. */
  reached(position: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#position < position) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#options.source.close();
  }

  async #take(entry: TailEntry): Promise<void> {
    const { merge, from, isDamaged } = this.#options;
    const isFirst = this.#position === from;
    const batch = merge.take(isFirst && isDamaged ? { ...entry, afterDamage: true } : entry);
    if (batch !== undefined) await this.#options.take(batch, entry.position);
    this.#position = entry.position;
    this.movedAtMs = this.#options.clock.nowMs();
  }

  /** The entries, or undefined when they have not come within the idle time. */
  #within<T>(reading: Promise<T>): Promise<T | undefined> {
    const { clock, idleMs } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => resolve(undefined), idleMs);
      reading.then(resolve, reject).finally(() => clock.clearTimeout(timer));
    });
  }
}
