import { basename } from 'node:path';
import {
  findDepthSources,
  StorageCsvError,
  visitDepthSource,
  type DepthScale,
  type DepthSource,
  type DepthVisitor,
} from '@org/storage-csv';
import { sizeOf } from './file-size.ts';
import type { DepthInput, ReadProgress } from './replay-recording.ts';
import { DAMAGE_MAX, type Damage } from './replay-view.ts';

/** There is nothing to read; the message says where it was looked for and what is there instead. */
export class RecordingError extends Error {
  readonly code = 'RECORDING_NOT_FOUND';
  readonly dataDir: string;

  constructor(dataDir: string, problem: string, cause: unknown) {
    super(problem, { cause });
    this.name = 'RecordingError';
    this.dataDir = dataDir;
  }
}

/** File names that are listed when a date has none. */
const NAMES_MAX = 20;

/**
 * The stored depth of one symbol: its files in order, read as one timeline. Damage in a file is noted and does not end
 * the reading; what comes before it and the files behind it count.
 */
export class Recording implements DepthInput {
  readonly symbol: string;
  readonly #source: DepthSource;
  readonly #damaged: Damage[] = [];
  #opened = 0;
  #rejected = 0;

  constructor(source: DepthSource) {
    this.symbol = source.symbol;
    this.#source = source;
  }

  /** Finds the files in `dataDir`, of one UTC day when `date` is given. Rejects with {@link RecordingError}. */
  static async open(dataDir: string, symbol: string, date: string | undefined): Promise<Recording> {
    try {
      return new Recording(await findDepthSources(dataDir, symbol, date === undefined ? {} : { date }));
    } catch (error) {
      if (!isFileProblem(error)) throw error;
      throw new RecordingError(dataDir, `${error.message}${await otherDays(dataDir, symbol, date)}`, error);
    }
  }

  async visit(
    visit: DepthVisitor,
    scale: DepthScale,
    progress: (progress: ReadProgress) => void,
  ): Promise<void> {
    const { paths } = this.#source;
    const sizes = await Promise.all(paths.map(sizeOf));
    const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
    let bytesBefore = 0;
    for (const [index, path] of paths.entries()) {
      this.#opened++;
      const isWhole = await this.#visitFile(path, { visit, scale }, (bytesRead) =>
        progress({ bytesRead: bytesBefore + bytesRead, bytesTotal }),
      );
      if (!isWhole) return;
      bytesBefore += sizes[index]!;
    }
  }

  findings(): { readonly files: number; readonly rejected: number; readonly damaged: readonly Damage[] } {
    return { files: this.#opened, rejected: this.#rejected, damaged: this.#damaged };
  }

  report(problem: string): void {
    this.#note(this.#source.paths[this.#opened - 1]!, problem);
  }

  /** Whether the visitor wants more; what is wrong with the file is noted. */
  async #visitFile(
    path: string,
    { visit, scale }: { readonly visit: DepthVisitor; readonly scale: DepthScale },
    progress: (bytesRead: number) => void,
  ): Promise<boolean> {
    try {
      return await visitDepthSource({ ...this.#source, paths: [path] }, visit, {
        scale,
        progress: ({ bytesRead }) => progress(bytesRead),
        rejected: ({ line, problem }) => {
          this.#rejected++;
          this.#note(path, `line ${line}: ${problem}`);
        },
        unfinished: ({ line, byteLength }) =>
          this.#note(path, `line ${line} is unfinished (${byteLength} bytes) and was left out`),
      });
    } catch (error) {
      if (!isFileProblem(error)) throw error;
      // The message names the file once more, before what is wrong with it.
      this.#note(path, error.message.split(`${path}: `).at(-1)!);
      return true;
    }
  }

  #note(file: string, problem: string): void {
    if (this.#damaged.length < DAMAGE_MAX) this.#damaged.push({ file, problem });
  }
}

/** Every error of the readers that is about a file names it; anything else is a fault of this program. */
export function isFileProblem(error: unknown): error is Error & { readonly path: string } {
  return error instanceof Error && typeof (error as { path?: unknown }).path === 'string';
}

/** For a day without files: the files of the other days. */
async function otherDays(dataDir: string, symbol: string, date: string | undefined): Promise<string> {
  if (date === undefined) return '';
  try {
    const { paths } = await findDepthSources(dataDir, symbol);
    const more = paths.length > NAMES_MAX ? `, and ${paths.length - NAMES_MAX} more` : '';
    return `; of other days there are ${paths
      .slice(0, NAMES_MAX)
      .map((path) => basename(path))
      .join(', ')}${more}`;
  } catch (error) {
    if (error instanceof StorageCsvError) return `; other days have ${error.symbols.join(', ') || 'none'}`;
    throw error;
  }
}
