import type { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { isNoSpace, StorageCsvError, syncError, writeError } from '../errors.ts';
import type { FileSystem, OpenFile } from '../file-system.ts';
import {
  CHECKPOINT_HEAD_BYTES,
  formatCheckpoint,
  parseCheckpoint,
  parseCheckpointHead,
  type Checkpoint,
  type CheckpointHead,
} from './checkpoint.ts';
import { readAt } from './read-at.ts';

const NAME = '.csv-checkpoint.json';
/** A larger file is none that a sink wrote. */
const BYTES_MAX = 64 * 1024 * 1024;

/** What was found; undefined where there is none, or an empty file, which has nothing to lose. */
export type LoadedCheckpoint = Checkpoint | 'damaged' | undefined;

/** The checkpoint of a store on the disk, and the fence that keeps two sinks from writing it in turn. */
export class CheckpointFile {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #owner: string;
  /** What the store held when it was opened; nothing once it holds this owner's. */
  #before: CheckpointHead | undefined;

  constructor(fileSystem: FileSystem, folder: string, owner: string) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#owner = owner;
    this.path = join(folder, NAME);
  }

  async load(): Promise<LoadedCheckpoint> {
    const names = (await this.#fileSystem.list(this.#folder)).map(({ name }) => name);
    for (const name of names.filter(isLeftover)) await this.#fileSystem.removeFile(join(this.#folder, name));
    if (!names.includes(NAME)) return undefined;
    const bytes = await this.#read(BYTES_MAX + 1);
    this.#before = parseCheckpointHead(bytes);
    if (bytes.length === 0) return undefined;
    return (bytes.length <= BYTES_MAX ? parseCheckpoint(bytes) : undefined) ?? 'damaged';
  }

  /**
   * Replaces the file as a whole: after a crash or a power cut it holds the old checkpoint or the new one. Rejects with
   * `STORE_TAKEN` when another sink has written it since this one opened.
   */
  async save(checkpoint: Omit<Checkpoint, 'owner'>): Promise<void> {
    const temporary = `${this.path}.${this.#owner}.tmp`;
    await this.#checkOwner();
    await this.#write(temporary, formatCheckpoint({ ...checkpoint, owner: this.#owner }));
    // Once more: writing and syncing take long, and what lies between this look and the renaming is not fenced.
    await this.#checkOwner();
    try {
      await this.#fileSystem.rename(temporary, this.path);
    } catch (error) {
      // Without room nothing was renamed. After any other failure nobody knows, and the plain error ends the sink.
      throw isNoSpace(error) ? writeError(this.path, error) : error;
    }
    this.#before = undefined;
    await this.#fileSystem.syncFolder(this.#folder).catch((error: unknown) => {
      throw syncError(this.#folder, error);
    });
  }

  async #checkOwner(): Promise<void> {
    let head: CheckpointHead | undefined;
    try {
      head = parseCheckpointHead(await this.#read(CHECKPOINT_HEAD_BYTES));
    } catch (error) {
      throw writeError(this.path, error);
    }
    // A checkpoint that is gone or damaged is nobody's, and saving replaces it.
    if (head === undefined || head.owner === this.#owner || head.sum === this.#before?.sum) return;
    throw new StorageCsvError('STORE_TAKEN', this.path, 'another sink has opened this store since');
  }

  async #read(bytesMax: number): Promise<Buffer> {
    const file = await this.#fileSystem.open(this.path);
    try {
      return await readAt(file, 0, Math.min(bytesMax, await file.size()));
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

/** A checkpoint that was not finished when its sink ended. */
function isLeftover(name: string): boolean {
  return name.startsWith(`${NAME}.`) && name.endsWith('.tmp');
}

async function replace(file: OpenFile, bytes: Buffer): Promise<void> {
  await file.truncate(0);
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes.subarray(done), done);
    if (written <= 0) throw new Error(`expected to write ${bytes.length - done} bytes, was ${written}`);
    done += written;
  }
}
