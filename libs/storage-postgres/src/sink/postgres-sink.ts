import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Sink, SinkOpened, SinkStats } from '@org/storage';
import { sinkError } from '../connection/error-class.ts';
import { PendingRows, type AddedBatch } from '../rows/pending-rows.ts';
import { checkState, checkOptions, type PostgresSinkOptions } from './sink-options.ts';
import { SinkStore } from './sink-store.ts';
import type { StoredRows } from './transaction.ts';

export interface PostgresSinkStats extends SinkStats {
  /** Rows that the database had already, by their key: they are not there twice. */
  readonly duplicates: number;
  /** Rows that are in a default partition. */
  readonly strays: number;
  /** Bytes of rows that wait for a commit. */
  readonly uncommittedBytes: number;
}

const UNCOMMITTED_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Stores records in PostgreSQL, see the README for the tables.
 *
 * `append` keeps rows in memory; `commit` copies them and moves the cursor, in one transaction. After an error that passes
 * (`isPassing`) the same call is made again: a session that was lost is opened again by it, and where the answer to a
 * commit was lost the cursor tells whether it was done. Every other error ends the sink: later calls reject with the same
 * one, and a new sink must be opened. Waiting between attempts is the caller's.
 */
export class PostgresSink implements Sink {
  readonly name = 'postgres';
  readonly #options: PostgresSinkOptions;
  readonly #pending: PendingRows;
  readonly #bytesMax: number;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0, duplicates: 0, strays: 0 };
  readonly #store: SinkStore;
  #isOpen = false;
  #appended = 0;
  #failure: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Throws `OPTIONS_INVALID`. Nothing is connected before `open`. */
  constructor(options: PostgresSinkOptions) {
    checkOptions(options);
    this.#options = options;
    this.#pending = new PendingRows(options.levels ?? 'arrays');
    this.#bytesMax = options.uncommittedBytesMax ?? UNCOMMITTED_BYTES_MAX;
    this.#store = new SinkStore(options, {
      owner: (options.ownerToken ?? randomUUID)(),
      pending: this.#pending,
      stored: (stored) => this.#countStored(stored),
    });
  }

  /**
   * Connects, brings the tables up to date and takes the sink's name. Rejects with `STORE_TAKEN` (which passes) while
   * another sink of this name is open. After a failure it can be called again.
   */
  open(): Promise<SinkOpened> {
    return this.#exclusively(async () => {
      if (this.#isOpen) throw new Error('expected a sink that is not open');
      const opened = await this.#store.open();
      this.#isOpen = true;
      this.#failure = undefined;
      this.#appended = opened.position;
      return opened;
    });
  }

  append(batch: Buffer, position: number): Promise<void> {
    return this.#exclusively(() => this.#append(batch, position));
  }

  commit(state?: string): Promise<number> {
    return this.#exclusively(async () => {
      this.#expectUsable();
      if (state !== undefined) checkState(state);
      return this.#guarded(() => this.#store.commit(this.#appended, state));
    });
  }

  /** Ends the session. What was not committed is gone. */
  close(): Promise<void> {
    return this.#exclusively(async () => {
      this.#isOpen = false;
      await this.#store.close();
    });
  }

  stats(): PostgresSinkStats {
    return { ...this.#stats, uncommittedBytes: this.#pending.byteLength };
  }

  async #append(batch: Buffer, position: number): Promise<void> {
    this.#expectUsable();
    if (!(Number.isSafeInteger(position) && position > this.#appended)) {
      throw new RangeError(
        `position ${position}: expected a whole number above ${this.#appended}, which is stored already`,
      );
    }
    await this.#guarded(() => this.#store.settle());
    const mark = this.#pending.mark();
    const added = this.#pending.add(batch);
    if (this.#pending.byteLength > this.#bytesMax) {
      await this.#guarded(() => this.#store.sendEarly()).catch((error: unknown) => {
        this.#pending.restore(mark);
        throw error;
      });
    }
    this.#appended = position;
    this.#countAdded(added);
  }

  #expectUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isOpen) throw new Error('a sink is opened before it is used, and not used after it is closed');
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = sinkError('sink', error);
      if (!failure.isPassing) this.#failure = failure;
      throw failure;
    }
  }

  #countAdded({ records, rows, bytes, rejections }: AddedBatch): void {
    this.#stats.records += records;
    this.#stats.rows += rows;
    this.#stats.bytes += bytes;
    this.#stats.rejected += rejections.length;
    for (const rejection of rejections) this.#options.events?.rejected?.(rejection);
  }

  #countStored({ duplicates, strays, rejections }: StoredRows): void {
    this.#stats.duplicates += duplicates;
    this.#stats.strays += strays;
    this.#stats.rejected += rejections.length;
    for (const rejection of rejections) this.#options.events?.rejected?.(rejection);
  }

  /** One after the other: a session does one thing at a time. */
  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.then(noop, noop);
    return result;
  }
}

function noop(): void {}
