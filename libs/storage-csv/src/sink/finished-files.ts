import { join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { writeError } from '../errors.ts';
import { compareFileNames, isClosed, type Periods } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import type { WrittenFile } from './listed-files.ts';
import { parseStoredPath } from './stored-file.ts';

/** What time it is for the files. */
export interface ClosingTime {
  /** Rows that were received before, µs since the epoch, have come; or they are late. */
  readonly nowUs: number;
  /** Nothing will come any more, so there is nothing to wait for. Default false. */
  readonly isEnding?: boolean;
}

export interface FinishedFilesOptions {
  readonly fileSystem: FileSystem;
  readonly outputDir: string;
  readonly periods: Periods;
}

export interface DueFiles {
  /** Files with rows. */
  readonly ended: readonly string[];
  /** Files that were listed and that no row ever came to. */
  readonly empty: readonly string[];
}

/** Files that are closed and not packed: every checkpoint names them. More are closed when these are packed. */
const CLOSED_MAX = 10_000;
/** Of a file that is not listed: it does not grow. */
const LENGTH_UNKNOWN = -1;

interface Seen {
  readonly length: number;
  readonly sinceUs: number;
}

/**
 * Says which files can be closed: their period is over for the grace, and they are as long as they were for the grace.
 * So rows that come late one by one make a part now and then, and not one each.
 */
export class FinishedFiles {
  readonly #options: FinishedFilesOptions;
  /** Files that are not listed, not closed and not packed; undefined until somebody looked. */
  #idle: Set<string> | undefined;
  /** How files whose period is over looked, and since when. */
  readonly #seen = new Map<string, Seen>();

  constructor(options: FinishedFilesOptions) {
    this.#options = options;
  }

  /** A commit changed the list. */
  left(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    if (this.#idle === undefined) return;
    for (const path of after.keys()) this.#idle.delete(path);
    for (const [path, length] of before) if (!after.has(path) && length > 0) this.#idle.add(path);
  }

  /** These need not be watched any more. */
  closed(paths: Iterable<string>): void {
    for (const path of paths) {
      this.#idle?.delete(path);
      this.#seen.delete(path);
    }
  }

  /** The first call looks at all folders: a recorder that was down left files whose period is over. */
  async due(
    time: ClosingTime,
    listed: ReadonlyMap<string, number>,
    closed: ReadonlySet<string>,
    written: Iterable<WrittenFile>,
  ): Promise<DueFiles> {
    this.#idle ??= await this.#look(closed);
    const candidates = new Map(listed);
    for (const path of this.#idle) if (!listed.has(path)) candidates.set(path, LENGTH_UNKNOWN);
    for (const { path, isTouched } of written) {
      if (!isTouched) continue;
      candidates.delete(path);
      this.#seen.delete(path);
    }
    const due = [...candidates].filter(([path, length]) => this.#isQuiet(path, length, time));
    const ended = due.flatMap(([path, length]) => (length === 0 ? [] : path));
    return {
      ended: ended.sort(byPeriod).slice(0, Math.max(0, CLOSED_MAX - closed.size)),
      empty: due.flatMap(([path, length]) => (length === 0 ? path : [])),
    };
  }

  /** What lay there before anybody wrote has been quiet for ever. */
  async #look(closed: ReadonlySet<string>): Promise<Set<string>> {
    const found = await this.#openFiles(closed).catch((error: unknown) => {
      throw writeError(this.#options.outputDir, error);
    });
    for (const path of found) this.#seen.set(path, { length: LENGTH_UNKNOWN, sinceUs: -Infinity });
    return found;
  }

  #isQuiet(path: string, length: number, { nowUs, isEnding = false }: ClosingTime): boolean {
    const { periods } = this.#options;
    const endUs = periods.endUs(parseStoredPath(path)!.period);
    if (!(endUs <= nowUs)) return false;
    if (isEnding) return true;
    const before = this.#seen.get(path);
    const seen = before?.length === length ? before : { length, sinceUs: nowUs };
    this.#seen.set(path, seen);
    return Math.max(endUs, seen.sinceUs) + periods.graceUs <= nowUs;
  }

  async #openFiles(closed: ReadonlySet<string>): Promise<Set<string>> {
    const { fileSystem, outputDir } = this.#options;
    const entries = await fileSystem.list(outputDir);
    const folders = entries.flatMap(({ name, isFolder }) => (isFolder && isSymbol(name) ? name : []));
    const open = new Set<string>();
    for (const folder of ['', ...folders]) {
      const names = new Set((await fileSystem.list(join(outputDir, folder))).map(({ name }) => name));
      for (const name of names) {
        const path = folder === '' ? name : `${folder}/${name}`;
        if (parseStoredPath(path) === undefined || closed.has(path)) continue;
        // One with both is in the middle of being packed; a checksum of its own says that it will not be.
        if (names.has(`${name}.gz`) || !isClosed(name, names)) open.add(path);
      }
    }
    return open;
  }
}

function byPeriod(a: string, b: string): number {
  return compareFileNames(parseStoredPath(a)!, parseStoredPath(b)!);
}
