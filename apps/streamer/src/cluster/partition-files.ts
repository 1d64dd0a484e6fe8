import type { Sink, SinkStats } from '@org/storage';
import type { ClosingTime, CsvSink } from '@org/storage-csv';
import type { CheckpointCopy, PartitionStore } from '@org/transport-nats';

export interface PartitionFilesOptions {
  /** A sink over the folder of the partition, not opened; what it begins is numbered from the generation on. */
  readonly createSink: (generation: number) => CsvSink;
  /** Of the checkpoint of that folder. */
  readonly copy: Pick<CheckpointCopy, 'keep' | 'putBack' | 'isNew'>;
}

export const NO_STATS: SinkStats = { records: 0, rows: 0, bytes: 0, rejected: 0 };

/**
 * The files of one partition on this machine: who writes them may change, and commits may be undone. A file is told to be
 * closed only when neither the checkpoint nor its copy lists it as one that rows come to, so whatever is put back, nobody
 * cuts it or writes into it again: see docs/adr/0014.
 */
export class PartitionFiles implements PartitionStore {
  readonly #options: PartitionFilesOptions;
  /** Whether what the checkpoint says is confirmed. Not so while nobody has asked, and from `keep` to the answer. */
  #isConfirmed = false;
  /** Of the one who writes the partition, or looks what there is; undefined while nobody does. */
  #writing: CsvSink | undefined;
  /** Closes files while nobody writes. */
  #resting: CsvSink | undefined;
  /** Closed files that are not packed, as told last. */
  #closed: readonly string[] = [];
  #ended = NO_STATS;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PartitionFilesOptions) {
    this.#options = options;
  }

  createSink(generation: number): Sink {
    const sink = this.#options.createSink(generation);
    return {
      name: sink.name,
      open: () =>
        this.#exclusively(async () => {
          await this.#rest();
          const opened = await sink.open();
          this.#writing = sink;
          return opened;
        }),
      append: (batch, position) => sink.append(batch, position),
      commit: (state) => sink.commit(state),
      stats: () => sink.stats(),
      close: () =>
        this.#exclusively(async () => {
          if (this.#writing === sink) {
            this.#writing = undefined;
            this.#ended = addStats(this.#ended, sink.stats());
          }
          await sink.close();
        }),
    };
  }

  keep(): Promise<void> {
    return this.#exclusively(() => {
      this.#isConfirmed = false;
      return this.#options.copy.keep();
    });
  }

  putBack(): Promise<boolean> {
    return this.#exclusively(async () => {
      this.#isConfirmed = false;
      await this.#rest();
      return this.#options.copy.putBack();
    });
  }

  isNew(): Promise<boolean> {
    return this.#options.copy.isNew();
  }

  confirmed(): void {
    this.#isConfirmed = true;
  }

  /**
   * Closes files of past periods while everything is confirmed; see `CsvSink.closeFiles`. Resolves to those that may be
   * packed; to those of before while a commit is under way.
   */
  closeFiles(time: ClosingTime): Promise<readonly string[]> {
    return this.#exclusively(async () => {
      if (this.#isConfirmed) this.#closed = await this.#closeFiles(time);
      return this.#closed;
    });
  }

  /** These are packed, or gone. */
  packed(paths: readonly string[]): Promise<void> {
    return this.#exclusively(async () => {
      const done = new Set(paths);
      this.#closed = this.#closed.filter((path) => !done.has(path));
      await (this.#writing ?? this.#resting)?.packed(paths);
    });
  }

  /** What was told to be closed last, and is not packed. */
  get closed(): readonly string[] {
    return this.#closed;
  }

  /** Whether rows that come are written here. */
  get isWritten(): boolean {
    return this.#writing !== undefined;
  }

  /** Of all sinks so far. Rows that were cut and stored again count again. */
  stats(): SinkStats {
    return this.#writing === undefined ? this.#ended : addStats(this.#ended, this.#writing.stats());
  }

  /** Nothing is closed any more. */
  close(): Promise<void> {
    return this.#exclusively(() => {
      this.#isConfirmed = false;
      return this.#rest();
    });
  }

  async #closeFiles(time: ClosingTime): Promise<readonly string[]> {
    const { copy } = this.#options;
    const sink = this.#writing ?? (await this.#restingSink());
    if (sink === undefined) return [];
    try {
      const closed = await sink.closeFiles(time);
      const known = new Set(this.#closed);
      // Until now the copy may list them as files that rows come to.
      if (closed.some((path) => !known.has(path))) await copy.keep();
      return closed;
    } catch (error) {
      // Whatever it was, a sink that is opened anew finds it out.
      await this.#rest();
      throw error;
    }
  }

  /** Opening it costs as much as a start does, so it stays open until somebody writes. */
  async #restingSink(): Promise<CsvSink | undefined> {
    if (this.#resting === undefined && !(await this.#options.copy.isNew())) {
      const sink = this.#options.createSink(0);
      await sink.open();
      this.#resting = sink;
    }
    return this.#resting;
  }

  async #rest(): Promise<void> {
    const resting = this.#resting;
    this.#resting = undefined;
    await resting?.close();
  }

  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.then(noop, noop);
    return result;
  }
}

function noop(): void {}

export function addStats(left: SinkStats, right: SinkStats): SinkStats {
  return {
    records: left.records + right.records,
    rows: left.rows + right.rows,
    bytes: left.bytes + right.bytes,
    rejected: left.rejected + right.rejected,
  };
}
