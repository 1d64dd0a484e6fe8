import type { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { isSymbol } from '@org/market-data';
import type { FileSystem } from '../file-system.ts';
import { readAt } from '../sink/read-at.ts';

const FOLDER = '.openings';
const PERIOD_START = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?:-(\d{2}))?(?:-(\d{2}))?)?$/;
const TEMPORARY = '.tmp';
/** A larger file is no book: 6000 levels take 200 KiB. */
const BYTES_MAX = 64 * 1024 * 1024;

/** Which file of depth an opening is for. */
export interface OpeningPlace {
  readonly symbol: string;
  /** As in the names of files. */
  readonly period: string;
}

/**
 * Books on their way to the head of a file of depth, `<outputDir>/.openings/<SYMBOL>_<period>`: the body of a REST depth
 * answer, or nothing where there is no book. What is there is whole, for it is renamed into its place; it need not
 * survive a power cut.
 */
export class OpeningFolder {
  readonly #fileSystem: FileSystem;
  readonly #path: string;

  constructor(fileSystem: FileSystem, outputDir: string) {
    this.#fileSystem = fileSystem;
    this.#path = join(outputDir, FOLDER);
  }

  /** `token` tells the writer apart from all others; an empty body says that there is no book. */
  async put(place: OpeningPlace, body: Buffer, token: string): Promise<void> {
    const path = join(this.#path, openingName(place));
    const temporary = `${path}.${token}${TEMPORARY}`;
    await this.#fileSystem.makeFolder(this.#path);
    try {
      await this.#write(temporary, body);
      await this.#fileSystem.rename(temporary, path);
    } catch (error) {
      await this.#fileSystem.removeFile(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** The names of the openings that are here; none where the folder cannot be read, for nobody may depend on them. */
  async names(): Promise<ReadonlySet<string>> {
    const entries = await this.#fileSystem.list(this.#path).catch(() => []);
    return new Set(entries.map(({ name }) => name).filter((name) => !name.endsWith(TEMPORARY)));
  }

  /** The body of an opening that is here; rejects when it cannot be read. */
  async read(name: string): Promise<Buffer> {
    const file = await this.#fileSystem.open(join(this.#path, name));
    try {
      const size = await file.size();
      if (size > BYTES_MAX) throw new RangeError(`expected at most ${BYTES_MAX} bytes, was ${size}`);
      return await readAt(file, 0, size);
    } finally {
      await file.close();
    }
  }

  async remove(name: string): Promise<void> {
    await this.#fileSystem.removeFile(join(this.#path, name));
  }

  async #write(path: string, body: Buffer): Promise<void> {
    const file = await this.#fileSystem.open(path);
    try {
      for (let done = 0; done < body.length;) {
        const written = await file.write(body.subarray(done), done);
        if (written <= 0) throw new Error(`expected to write ${body.length - done} bytes, was ${written}`);
        done += written;
      }
    } finally {
      await file.close();
    }
  }

  /** Removes what is for periods that began before a moment, ms since the epoch, unfinished files among them. */
  async removeBefore(timeMs: number): Promise<void> {
    const entries = await this.#fileSystem.list(this.#path).catch(() => []);
    for (const { name } of entries) if (periodStartMs(name) < timeMs) await this.remove(name);
  }
}

export function openingName({ symbol, period }: OpeningPlace): string {
  if (!isSymbol(symbol))
    throw new RangeError(`expected a symbol, was ${JSON.stringify(symbol.slice(0, 80))}`);
  return `${symbol}_${period}`;
}

/** When a period begins, ms since the epoch, by its name or that of an opening for it; NaN for another text. */
export function periodStartMs(name: string): number {
  const period = name.slice(name.lastIndexOf('_') + 1).split('.', 1)[0]!;
  const [, day, hour = '00', minute = '00', second = '00'] = PERIOD_START.exec(period) ?? [];
  return day === undefined ? NaN : Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}
