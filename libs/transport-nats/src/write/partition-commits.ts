import type { Buffer } from 'node:buffer';
import type { Sink } from '@org/storage';
import type { Bus } from '../bus/bus.ts';
import { asking, hasCode, isPassing, natsError, TransportNatsError } from '../errors.ts';
import { writeTaken } from '../forward/taken-board.ts';
import type { Lease } from '../lease/lease.ts';
import { Pause, retryDelayMs } from '../pause.ts';
import { cursorKey, type CursorBook } from './cursor-book.ts';
import { commitName, FIRST_CURSOR, STORES_MAX, type Cursor } from './cursor.ts';
import type { PartitionStore } from './partition-store.ts';

export interface PartitionCommitsOptions {
  readonly bus: Bus;
  readonly book: CursorBook;
  readonly lease: Lease;
  readonly storeName: string;
  readonly store: PartitionStore;
  /** Of this life of the writer. */
  readonly owner: string;
  readonly retrying: (error: TransportNatsError) => void;
}

/** What a commit changes of the cursor. */
export type CommitContent = Pick<Cursor, 'sequence' | 'stored' | 'nodes' | 'state'>;

/** The commits of one partition by one writer, from its take-over on. */
export class PartitionCommits {
  readonly #options: PartitionCommitsOptions;
  #cursor: Cursor = FIRST_CURSOR;
  #revision = 0;

  constructor(options: PartitionCommitsOptions) {
    this.#options = options;
  }

  /** What is confirmed. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** From now on no commit of an earlier owner can succeed. The store must be settled before. */
  async takeOver(): Promise<Cursor> {
    const { book, lease, storeName, owner } = this.#options;
    const read = await book.read(lease.partition);
    const was = read.cursor ?? FIRST_CURSOR;
    if (was.stores[storeName] === undefined && Object.keys(was.stores).length >= STORES_MAX)
      throw new TransportNatsError(
        'STORE_UNCONFIRMED',
        storeName,
        `expected at most ${STORES_MAX} stores of a partition`,
      );
    this.#cursor = { ...was, generation: was.generation + 1, owner };
    this.#revision = read.revision;
    await this.#replace(this.#cursor, await book.encode(lease.partition, this.#cursor));
    return this.#cursor;
  }

  /**
   * Commits what the sink holds: there, and then for good. LEASE_LOST when another writer has the partition, or when no
   * answer came in time; what the sink holds may not stay then. STATE_TOO_LARGE before anything is done.
   */
  async commit(sink: Sink, content: CommitContent): Promise<void> {
    const { storeName, store, book, lease } = this.#options;
    const { generation, commit } = this.#cursor;
    const name = commitName(generation, commit + 1);
    const stores = { ...this.#cursor.stores, [storeName]: name };
    const next: Cursor = { ...this.#cursor, ...content, commit: commit + 1, stores };
    const encoded = await book.encode(lease.partition, next);
    await store.keep();
    await sink.commit(name);
    await this.#replace(next, encoded);
    this.#cursor = next;
    store.confirmed?.();
  }

  /** Tells forwarders. It may fail: the next commit tells it again. */
  async tell(): Promise<void> {
    const { bus, lease, retrying } = this.#options;
    try {
      await asking(bus.names.cursors, async () =>
        writeTaken(await bus.cursors(), lease.partition, this.#cursor.nodes),
      );
    } catch (error) {
      if (!isPassing(error)) throw error;
      retrying(natsError(bus.names.cursors, error));
    }
  }

  /** Until there is an answer, or the lease has run out: then nobody knows, and it counts as lost. */
  async #replace(next: Cursor, encoded: Buffer): Promise<void> {
    const { bus, book, lease, retrying } = this.#options;
    const pause = new Pause(bus.clock, new AbortController().signal);
    for (let attempt = 0; ; attempt++) {
      this.#checkLease();
      try {
        this.#revision = await book.replace(lease.partition, encoded, this.#revision);
        return;
      } catch (error) {
        if (hasCode(error, 'CONFLICT') && (await this.#isOurs(next))) return;
        if (!isPassing(error)) throw error;
        retrying(natsError(cursorKey(lease.partition), error));
      }
      await pause.for(retryDelayMs(attempt, bus.random));
    }
  }

  /** A conflict may be our own write, whose answer was lost. */
  async #isOurs(next: Cursor): Promise<boolean> {
    const { book, lease } = this.#options;
    const { cursor, revision } = await book.read(lease.partition);
    const isOurs =
      cursor?.owner === next.owner && cursor.generation === next.generation && cursor.commit === next.commit;
    if (!isOurs) throw this.#lost('another writer has taken it over');
    this.#revision = revision;
    return true;
  }

  #checkLease(): void {
    if (!this.#options.lease.isUsable) throw this.#lost('it was not renewed in time');
  }

  #lost(why: string): TransportNatsError {
    this.#options.lease.lost();
    return new TransportNatsError('LEASE_LOST', this.#options.lease.key, why);
  }
}
