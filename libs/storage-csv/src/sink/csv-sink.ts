import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Sink, SinkEvents, SinkOpened, SinkStats } from '@org/storage';
import { StorageCsvError, type StorageCsvErrorCode } from '../errors.ts';
import { Periods, type Rotation } from '../file-names.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { OpeningFolder } from '../openings/opening-folder.ts';
import { Openings, type OpeningOptions, type OpeningStats } from '../openings/openings.ts';
import { BatchRows, type FormattedBatch } from '../rows/batch-rows.ts';
import { isOwner } from './checkpoint.ts';
import { CsvStore } from './csv-store.ts';
import type { ClosingTime } from './finished-files.ts';
import { checkState } from './state-limits.ts';

export interface CsvSinkOptions {
  /** Made with its parents when it is absent. One sink at a time owns it. */
  readonly outputDir: string;
  /** How long one file lasts, by the UTC time of receipt. Default `daily`. */
  readonly rotation?: Rotation;
  /** Files that are open at once. Default 256. */
  readonly openFilesMax?: number;
  readonly events?: SinkEvents;
  /** Default: the file system of this machine. */
  readonly fileSystem?: FileSystem;
  /** Draws what tells the sink apart from all others on its folder: 1 to 64 letters, digits, `_`, `-`. Default a UUID. */
  readonly ownerToken?: () => string;
  /** Begins every file of depth with the book, where somebody brings one (`OpeningFolder`). Default: nobody does. */
  readonly openings?: OpeningOptions;
  /**
   * Files that are begun, and those that are continued, have this part in their names, or a later one: the names of files
   * that several sinks write apart then differ. Default 0.
   */
  readonly firstPart?: number;
}

export interface CsvSinkStats extends SinkStats {
  readonly openings: OpeningStats;
}

const OPEN_FILES_MAX = 256;
/** A part has seven digits at most, and a hundred of them may not be usable. */
const FIRST_PART_MAX = 9_999_900;
const NO_OPENINGS: OpeningStats = { written: 0, rows: 0, missing: 0 };
/** After these the store is as it was before the call, and the call can be repeated. */
const REPEATABLE: readonly StorageCsvErrorCode[] = ['DISK_FULL', 'SINK_WRITE_FAILED'];

/**
 * Stores records as CSV: `<outputDir>/<SYMBOL>/<kind>_<UTC date of receipt>.csv`, see the README for the columns.
 *
 * `append` writes a batch as a whole or, when it fails, not at all (`SINK_WRITE_FAILED`, `DISK_FULL`): it may come
 * again, and so may a `commit` that finds the disk full. Every other failure ends the sink: later calls reject with the
 * same error, and a new sink must be opened. `open` cuts what came after the last commit; `isPositionLost` when the
 * checkpoint that says where that was is missing or damaged, and there are rows.
 */
export class CsvSink implements Sink {
  readonly name = 'csv';
  readonly #options: CsvSinkOptions;
  readonly #rows: BatchRows;
  readonly #openings: Openings | undefined;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0 };
  /** Undefined before `open` and after `close`. */
  #store: CsvStore | undefined;
  #appended = 0;
  #failure: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: CsvSinkOptions) {
    this.#options = options;
    this.#rows = new BatchRows(options.rotation ?? 'daily');
    this.#openings = openingsOf(options);
  }

  /**
   * Rejects with `OUTPUT_NOT_WRITABLE` when the folder cannot be used, and with `STORE_TAKEN` when another sink opens it
   * at the same time. A full disk is no reason not to open.
   */
  open(): Promise<SinkOpened> {
    return this.#exclusively(() => this.#open());
  }

  async #open(): Promise<SinkOpened> {
    if (this.#store !== undefined) throw new Error('expected a sink that is not open');
    const store = new CsvStore({ ...storeOptions(this.#options), openings: this.#openings });
    try {
      const opened = await store.open();
      this.#store = store;
      this.#appended = opened.position;
      return opened;
    } catch (cause) {
      throw openError(this.#options.outputDir, cause);
    }
  }

  append(batch: Buffer, position: number): Promise<void> {
    return this.#exclusively(() => this.#append(batch, position));
  }

  commit(state?: string): Promise<number> {
    return this.#exclusively(() => this.#commit(state));
  }

  async #append(batch: Buffer, position: number): Promise<void> {
    const store = this.#usable();
    if (!(Number.isSafeInteger(position) && position > this.#appended)) {
      throw new RangeError(
        `position ${position}: expected a whole number above ${this.#appended}, which is stored already`,
      );
    }
    const formatted = this.#rows.format(batch);
    try {
      await store.append(formatted.files);
      this.#appended = position;
      this.#count(formatted);
    } catch (error) {
      this.#rows.undo();
      throw this.#failed(error);
    } finally {
      this.#rows.release(formatted);
    }
    for (const rejection of formatted.rejections) this.#options.events?.rejected?.(rejection);
  }

  async #commit(state: string | undefined): Promise<number> {
    const store = this.#usable();
    if (state !== undefined) checkState(state);
    try {
      await store.commit(this.#appended, state ?? store.state);
    } catch (error) {
      throw this.#failed(error);
    }
    return store.position;
  }

  /**
   * Closes the files whose period is over and that no row came to for a while (see `Periods.graceUs`; `isEnding`: at
   * once), never one with rows that are not committed. Rows of theirs that still come go to another part. Resolves to all
   * files that are closed and wait to be packed, by path below the output folder; they stay so over crashes and restarts,
   * until {@link packed} says otherwise. Fails as a commit does, and may be called again when that may.
   */
  closeFiles(time: ClosingTime): Promise<readonly string[]> {
    return this.#exclusively(async () => {
      const store = this.#usable();
      try {
        return await store.closeFiles(time);
      } catch (error) {
        throw this.#failed(error);
      }
    });
  }

  /** These files are packed, or gone. What lies beside a packed file keeps later rows out of it. */
  packed(paths: readonly string[]): Promise<void> {
    return this.#exclusively(() => {
      this.#store?.packed(paths);
      return Promise.resolve();
    });
  }

  /** The latest receipt among what was appended, µs since the epoch, to about a batch; 0 before there was any. */
  get latestReceiptUs(): number {
    return this.#rows.latestReceiptUs;
  }

  /** Closes the files as they are: what was not committed is cut when the store is opened. */
  close(): Promise<void> {
    return this.#exclusively(async () => {
      const store = this.#store;
      this.#store = undefined;
      await store?.close();
    });
  }

  stats(): CsvSinkStats {
    return { ...this.#stats, openings: this.#openings?.stats() ?? NO_OPENINGS };
  }

  /** One after the other: rows that are written while a sync is under way would count as synced. */
  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.then(noop, noop);
    return result;
  }

  #usable(): CsvStore {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#store !== undefined) return this.#store;
    throw new Error('a sink is opened before it is used, and not used after it is closed');
  }

  #failed(error: unknown): Error {
    const { outputDir } = this.#options;
    const failure =
      error instanceof StorageCsvError
        ? error
        : new StorageCsvError('SINK_WRITE_FAILED', outputDir, 'writing failed and was not undone', {
            cause: error,
          });
    if (failure !== error || !REPEATABLE.includes(failure.code)) this.#failure = failure;
    return failure;
  }

  #count({ files, records, rows, rejections }: FormattedBatch): void {
    this.#stats.records += records;
    this.#stats.rows += rows;
    this.#stats.rejected += rejections.length;
    for (const file of files.values()) this.#stats.bytes += file.rows.length;
  }
}

function openingsOf({ fileSystem, outputDir, openings, rotation }: CsvSinkOptions): Openings | undefined {
  if (openings === undefined) return undefined;
  const folder = new OpeningFolder(fileSystem ?? nodeFileSystem, outputDir);
  return new Openings(folder, openings, new Periods(rotation ?? 'daily').lengthMs);
}

function storeOptions({
  fileSystem,
  outputDir,
  openFilesMax,
  ownerToken,
  rotation,
  firstPart = 0,
}: CsvSinkOptions) {
  if (!(Number.isSafeInteger(firstPart) && firstPart >= 0 && firstPart <= FIRST_PART_MAX))
    throw new RangeError(`expected a first part from 0 to ${FIRST_PART_MAX}, was ${firstPart}`);
  const owner = (ownerToken ?? randomUUID)();
  if (!isOwner(owner)) throw new RangeError(`expected an owner token, was ${JSON.stringify(owner)}`);
  return {
    fileSystem: fileSystem ?? nodeFileSystem,
    outputDir,
    openFilesMax: Math.max(1, openFilesMax ?? OPEN_FILES_MAX),
    owner,
    firstPart,
    periods: new Periods(rotation ?? 'daily'),
  };
}

function openError(outputDir: string, cause: unknown): StorageCsvError {
  if (cause instanceof StorageCsvError && cause.code === 'STORE_TAKEN') return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageCsvError(
    'OUTPUT_NOT_WRITABLE',
    outputDir,
    `expected a folder that can be written: ${reason}`,
    { cause },
  );
}

function noop(): void {}
