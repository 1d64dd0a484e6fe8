import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import type { SinkRepair } from '@org/storage';
import { syncError, writeError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system.ts';

const NAME = '.csv-position.json';
const VERSION = 1;
const BYTES_MAX = 4096;

export interface StoredPosition {
  readonly position: number;
  readonly repairs: readonly SinkRepair[];
}

/** The position behind the last batch that is durable, in a small file beside the symbols' folders. */
export class PositionFile {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #path: string;

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#path = join(folder, NAME);
  }

  /** 0 for a new store; also, and reported, when the file is damaged: behind the data, never ahead of it. */
  async load(): Promise<StoredPosition> {
    const isThere = (await this.#fileSystem.list(this.#folder)).some(({ name }) => name === NAME);
    if (!isThere) return { position: 0, repairs: [] };
    const text = await this.#read();
    const position = parse(text);
    if (position !== undefined) return { position, repairs: [] };
    const problem = `expected a position, was ${JSON.stringify(text.slice(0, 80))}; starts at 0`;
    return { position: 0, repairs: [{ target: this.#path, problem, bytesCut: 0 }] };
  }

  /** Replaces the file as a whole: after a crash or a power cut it holds the old position or the new one. */
  async save(position: number): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    await this.#write(temporary, Buffer.from(`${JSON.stringify({ version: VERSION, position })}\n`));
    try {
      await this.#fileSystem.rename(temporary, this.#path);
    } catch (error) {
      throw writeError(this.#path, error);
    }
    await this.#fileSystem.syncFolder(this.#folder).catch((error: unknown) => {
      throw syncError(this.#folder, error);
    });
  }

  async #read(): Promise<string> {
    const file = await this.#fileSystem.open(this.#path);
    try {
      const bytes = Buffer.alloc(BYTES_MAX);
      return bytes.toString('utf8', 0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  }

  async #write(path: string, bytes: Buffer): Promise<void> {
    let file: OpenFile;
    try {
      file = await this.#fileSystem.open(path);
    } catch (error) {
      throw writeError(path, error);
    }
    try {
      await replace(file, bytes);
      await file.sync().catch((error: unknown) => {
        throw syncError(path, error);
      });
    } catch (error) {
      throw writeError(path, error);
    } finally {
      await file.close();
    }
  }
}

async function replace(file: OpenFile, bytes: Buffer): Promise<void> {
  await file.truncate(0);
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes.subarray(done), done);
    if (written <= 0) throw new Error(`expected to write ${bytes.length - done} bytes, was ${written}`);
    done += written;
  }
}

function parse(text: string): number | undefined {
  try {
    const { version, position } = JSON.parse(text) as { version?: unknown; position?: unknown };
    const isPosition = version === VERSION && Number.isSafeInteger(position) && (position as number) >= 0;
    return isPosition ? (position as number) : undefined;
  } catch {
    return undefined;
  }
}
