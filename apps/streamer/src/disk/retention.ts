import { basename, join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { isPartitionFolder, Periods, type Rotation } from '@org/storage-csv';
import { errorFields, type Log } from '../logging/child-log.ts';
import { compareExpired, type ExpiredFile, expiredFiles, isManifest } from './expired-files.ts';
import { listedFiles } from './listed-files.ts';
import type { FolderEntry, RetentionFileSystem } from './retention-file-system.ts';

export interface RetentionOptions {
  readonly outputPath: string;
  /** 0 keeps everything. */
  readonly retentionMs: number;
  /** How long a file shorter than a day lasts. */
  readonly rotation: Rotation;
  /** Whether there is a store in each partition's folder, and none in the output folder itself. Default false. */
  readonly isPartitioned?: boolean;
  readonly fileSystem: RetentionFileSystem;
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly wallMs: () => number;
  /** Milliseconds on a clock that is never set. */
  readonly nowMs: () => number;
  readonly log: Log;
}

export interface RetentionCounters {
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** Files that could not be removed; they are tried again. */
  readonly failures: number;
}

export const RETENTION_LOOK_INTERVAL_MS = 3_600_000;

/** One look removes so many at most, the oldest; the rest waits for the next one. */
const FILES_MAX = 20_000;

/** What was written a moment ago is still at work somewhere, whatever its name says. */
const QUIET_MS = 3_600_000;

/** By more than this nothing but setting it moves the machine's clock against the other one. */
const CLOCK_JUMP_MS = 600_000;

/**
 * Removes closed files that are older than the retention. What a look did not come to, the next one does: files are
 * removed one by one, oldest first, a checksum before its file and a manifest after all files of its day.
 */
export class Retention {
  readonly #options: RetentionOptions;
  #counters: RetentionCounters = { removedFiles: 0, removedBytes: 0, failures: 0 };
  #clocks: { readonly wallMs: number; readonly nowMs: number };
  readonly #periods: Periods;
  #isClosed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#periods = new Periods(options.rotation);
    this.#clocks = { wallMs: options.wallMs(), nowMs: options.nowMs() };
  }

  counters(): RetentionCounters {
    return this.#counters;
  }

  /** Nothing is removed any more, also by a look that is under way. */
  close(): void {
    this.#isClosed = true;
  }

  /** To be called at {@link RETENTION_LOOK_INTERVAL_MS}. Never rejects. */
  async look(): Promise<void> {
    const { retentionMs, wallMs, log } = this.#options;
    if (retentionMs === 0 || this.#hasClockJumped()) return;
    try {
      const expired = await this.#expired(wallMs() - retentionMs);
      for (const day of byDay(expired)) await this.#removeDay(day);
    } catch (error) {
      this.#count({ failures: 1 });
      log.error('RetentionFailed', errorFields(error));
    }
  }

  /** A clock that was set ahead makes everything old: a look is left out, so that somebody can set it back. */
  #hasClockJumped(): boolean {
    const { wallMs, nowMs, log } = this.#options;
    const before = this.#clocks;
    this.#clocks = { wallMs: wallMs(), nowMs: nowMs() };
    const aheadMs = this.#clocks.wallMs - before.wallMs - (this.#clocks.nowMs - before.nowMs);
    if (aheadMs <= CLOCK_JUMP_MS) return false;
    log.warn('RetentionHeld', { problem: 'the clock was set ahead', aheadMs: Math.round(aheadMs) });
    return true;
  }

  /** The oldest of all, sorted. */
  async #expired(endsBeforeMs: number): Promise<readonly ExpiredFile[]> {
    const periods = this.#periods;
    let oldest: ExpiredFile[] = [];
    const look = async (folder: string, listed: ReadonlySet<string>): Promise<void> => {
      const names = await this.#names(folder, 'file');
      for (const file of expiredFiles(folder, names, { endsBeforeMs, listed, periods })) oldest.push(file);
      if (oldest.length > 2 * FILES_MAX) oldest = firstOf(oldest);
    };
    for (const store of await this.#stores()) {
      const listed = await this.#listed(store);
      if (listed === undefined) continue;
      await look(store, listed);
      const folders = await this.#names(store, 'folder');
      for (const folder of folders.filter(isSymbol)) await look(join(store, folder), listed);
    }
    return firstOf(oldest);
  }

  /** The folders with a checkpoint of their own: the output folder, or those of the partitions in it. */
  async #stores(): Promise<readonly string[]> {
    if (this.#options.isPartitioned !== true) return [''];
    return (await this.#names('', 'folder')).filter(isPartitionFolder);
  }

  /** Paths below the output folder; undefined when nothing of the store may be removed. */
  async #listed(store: string): Promise<ReadonlySet<string> | undefined> {
    const { fileSystem, outputPath, log } = this.#options;
    const listed = await listedFiles(fileSystem, join(outputPath, store));
    if (listed !== undefined) return new Set(Array.from(listed, (path) => join(store, path)));
    const where = store === '' ? {} : { folder: store };
    log.warn('RetentionHeld', { problem: 'nothing says which files are still written', ...where });
    return undefined;
  }

  async #names(folder: string, wanted: FolderEntry['type']): Promise<readonly string[]> {
    const entries = await this.#list(join(this.#options.outputPath, folder));
    return entries.flatMap(({ name, type }) => (type === wanted ? name : []));
  }

  /** A folder that cannot be read holds up no other one. */
  async #list(folder: string): Promise<readonly FolderEntry[]> {
    const { fileSystem, log } = this.#options;
    try {
      return await fileSystem.list(folder);
    } catch (error) {
      this.#count({ failures: 1 });
      log.warn('RetentionFailed', { folder, ...errorFields(error) });
      return [];
    }
  }

  /** Logs once, however many files the day has. */
  async #removeDay(files: readonly ExpiredFile[]): Promise<void> {
    const before = this.#counters;
    let kept = 0;
    let problem: unknown;
    for (const file of files) {
      // What tells of the day stays as long as a file of it does.
      if (this.#isClosed || (kept > 0 && isManifest(file))) break;
      try {
        if (!(await this.#remove(file))) kept++;
      } catch (error) {
        kept++;
        problem ??= error;
        this.#count({ failures: 1 });
      }
    }
    this.#tell(files[0]!, before, problem);
  }

  /** Returns whether the file is gone. */
  async #remove({ folder, name, checksum }: ExpiredFile): Promise<boolean> {
    const { fileSystem, outputPath, wallMs } = this.#options;
    const pathOf = (file: string): string => join(outputPath, folder, file);
    const facts = await fileSystem.facts(pathOf(name));
    if (facts !== undefined && wallMs() - facts.modifiedAtMs < QUIET_MS) return false;
    if (checksum !== undefined) await fileSystem.remove(pathOf(checksum));
    await fileSystem.remove(pathOf(name));
    if (facts !== undefined) this.#count({ removedFiles: 1, removedBytes: facts.bytes });
    return true;
  }

  #count({ removedFiles = 0, removedBytes = 0, failures = 0 }: Partial<RetentionCounters>): void {
    const before = this.#counters;
    this.#counters = {
      removedFiles: before.removedFiles + removedFiles,
      removedBytes: before.removedBytes + removedBytes,
      failures: before.failures + failures,
    };
  }

  #tell({ folder, date }: ExpiredFile, before: RetentionCounters, problem: unknown): void {
    const { log } = this.#options;
    const { removedFiles, removedBytes, failures } = this.#counters;
    const day = { symbol: basename(folder), date };
    const files = removedFiles - before.removedFiles;
    if (files > 0) log.info('RecordingRemoved', { ...day, files, bytes: removedBytes - before.removedBytes });
    if (problem !== undefined)
      log.warn('RetentionFailed', { ...day, files: failures - before.failures, ...errorFields(problem) });
  }
}

function firstOf(files: ExpiredFile[]): ExpiredFile[] {
  return files.sort(compareExpired).slice(0, FILES_MAX);
}

/** `files` are sorted. */
function byDay(files: readonly ExpiredFile[]): readonly (readonly ExpiredFile[])[] {
  const days = new Map<string, ExpiredFile[]>();
  for (const file of files) {
    const day = `${file.date} ${file.folder}`;
    const known = days.get(day);
    if (known === undefined) days.set(day, [file]);
    else known.push(file);
  }
  return [...days.values()];
}
