import type { Buffer } from 'node:buffer';
import type { Sink, SinkEvents, SinkOpened, SinkStats } from '@org/storage';
import { isNoSpace, StorageCsvError } from '../errors.ts';
import type { Rotation } from '../file-names.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { BatchRows, type FormattedBatch } from '../rows/batch-rows.ts';
import { PositionFile } from './position-file.ts';
import { SegmentPool } from './segment-pool.ts';
import { repairStore } from './store-repair.ts';

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
}

const OPEN_FILES_MAX = 256;

/**
 * Stores records as CSV: `<outputDir>/<SYMBOL>/<kind>_<UTC date of receipt>.csv`, see the README for the columns.
 *
 * `append` writes a batch as a whole or, when it fails, not at all (`SINK_WRITE_FAILED`, `DISK_FULL`): it may come
 * again. A failed sync, or a failed write that cannot be undone, ends the sink: every later call rejects with the same
 * error, and a new sink must be opened. A crash can leave rows of a batch whose `append` had not resolved.
 */
export class CsvSink implements Sink {
  readonly name = 'csv';
  readonly #options: CsvSinkOptions;
  readonly #fileSystem: FileSystem;
  readonly #rows: BatchRows;
  readonly #segments: SegmentPool;
  readonly #positionFile: PositionFile;
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0 };
  #appended = 0;
  #committed = 0;
  #failure: Error | undefined;
  #isOpen = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: CsvSinkOptions) {
    this.#options = options;
    this.#fileSystem = options.fileSystem ?? nodeFileSystem;
    this.#rows = new BatchRows(options.rotation ?? 'daily');
    const openFilesMax = Math.max(1, options.openFilesMax ?? OPEN_FILES_MAX);
    this.#segments = new SegmentPool({
      fileSystem: this.#fileSystem,
      outputDir: options.outputDir,
      openFilesMax,
    });
    this.#positionFile = new PositionFile(this.#fileSystem, options.outputDir);
  }

  /** Rejects with `OUTPUT_NOT_WRITABLE` when the folder cannot be used. A full disk is no reason not to open. */
  async open(): Promise<SinkOpened> {
    const { outputDir } = this.#options;
    try {
      await this.#fileSystem.makeFolder(outputDir);
      const repairs = await repairStore(this.#fileSystem, outputDir);
      const stored = await this.#positionFile.load();
      await this.#probe(stored.position);
      this.#appended = this.#committed = stored.position;
      this.#isOpen = true;
      return { position: stored.position, state: undefined, repairs: [...repairs, ...stored.repairs] };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StorageCsvError(
        'OUTPUT_NOT_WRITABLE',
        outputDir,
        `expected a folder that can be written: ${reason}`,
        { cause },
      );
    }
  }

  append(batch: Buffer, position: number): Promise<void> {
    return this.#exclusively(() => this.#append(batch, position));
  }

  commit(): Promise<number> {
    return this.#exclusively(() => this.#commit());
  }

  async #append(batch: Buffer, position: number): Promise<void> {
    this.#checkUsable();
    if (!(Number.isSafeInteger(position) && position > this.#appended)) {
      throw new RangeError(
        `position ${position}: expected a whole number above ${this.#appended}, which is stored already`,
      );
    }
    const formatted = this.#rows.format(batch);
    try {
      await this.#segments.append(formatted.files);
      this.#appended = position;
      this.#count(formatted);
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#rows.release(formatted);
    }
    for (const rejection of formatted.rejections) this.#options.events?.rejected?.(rejection);
  }

  async #commit(): Promise<number> {
    this.#checkUsable();
    if (this.#committed === this.#appended) return this.#committed;
    try {
      await this.#segments.sync();
      await this.#positionFile.save(this.#appended);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#committed = this.#appended;
    return this.#committed;
  }

  /** Commits and closes. After a failure, which was reported, it only closes. */
  async close(): Promise<void> {
    await this.#exclusively(() => this.#close());
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      if (this.#failure === undefined) await this.#commit();
    } finally {
      this.#isOpen = false;
      await this.#segments.close();
    }
  }

  stats(): SinkStats {
    return { ...this.#stats };
  }

  async #probe(position: number): Promise<void> {
    try {
      await this.#positionFile.save(position);
    } catch (error) {
      if (!(error instanceof StorageCsvError && isNoSpace(error.cause))) throw error;
    }
  }

  /** One after the other: rows that are written while a sync is under way would count as synced. */
  #exclusively<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.then(noop, noop);
    return result;
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isOpen) throw new Error('a sink is opened before it is used, and not used after it is closed');
  }

  /** What can be repeated stays usable; a failed sync and a write that was not undone do not. */
  #failed(error: unknown): Error {
    const { outputDir } = this.#options;
    const failure =
      error instanceof StorageCsvError
        ? error
        : new StorageCsvError('SINK_WRITE_FAILED', outputDir, 'writing failed and was not undone', {
            cause: error,
          });
    if (failure !== error || failure.code === 'SINK_SYNC_FAILED') this.#failure = failure;
    return failure;
  }

  #count({ files, records, rows, rejections }: FormattedBatch): void {
    this.#stats.records += records;
    this.#stats.rows += rows;
    this.#stats.rejected += rejections.length;
    for (const file of files.values()) this.#stats.bytes += file.rows.length;
  }
}

function noop(): void {}
