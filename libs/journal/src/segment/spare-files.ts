import path from 'node:path';
import type { FileSystem, JournalFile } from '../file-system.ts';
import { fillWithZeros } from './write-fully.ts';

const SPARE_NAME = 'next.tmp';
const RESERVE_NAME = 'reserve';

/** A file of zeros on the device that only lacks its header and its name. */
export interface SpareFile {
  readonly path: string;
  readonly file: JournalFile;
  readonly fileBytes: number;
}

/** Files that are no segments: the next one, made ahead, and the reserve that can be given away on a full disk. */
export class SpareFiles {
  readonly #fileSystem: FileSystem;
  readonly #dir: string;
  #count = 0;

  constructor(fileSystem: FileSystem, dir: string) {
    this.#fileSystem = fileSystem;
    this.#dir = dir;
  }

  /** Removes what an earlier life had not finished. Returns whether there is a reserve. */
  async cleanUp(names: readonly string[]): Promise<boolean> {
    for (const name of names) if (name.endsWith('.tmp')) await this.remove(path.join(this.#dir, name));
    return names.includes(RESERVE_NAME);
  }

  async makeSpare(fileBytes: number): Promise<SpareFile> {
    const spare = path.join(this.#dir, `${++this.#count}-${SPARE_NAME}`);
    return { path: spare, fileBytes, file: await this.#make(spare, fileBytes) };
  }

  async makeReserve(fileBytes: number): Promise<void> {
    const unfinished = path.join(this.#dir, `${RESERVE_NAME}.tmp`);
    const file = await this.#make(unfinished, fileBytes);
    await file.close();
    await this.#fileSystem.rename(unfinished, this.#reservePath());
  }

  async removeReserve(): Promise<void> {
    await this.#fileSystem.unlink(this.#reservePath());
    await this.#fileSystem.syncDirectory(this.#dir);
  }

  async discard(spare: SpareFile): Promise<void> {
    await spare.file.close().catch(() => undefined);
    await this.remove(spare.path);
  }

  /** Leaves no half-made file to fill the disk; if even that fails, the next start removes it. */
  async remove(file: string): Promise<void> {
    await this.#fileSystem.unlink(file).catch(() => undefined);
  }

  async #make(file: string, fileBytes: number): Promise<JournalFile> {
    const opened = await this.#fileSystem.open(file, 'create');
    try {
      await fillWithZeros(opened, fileBytes);
      return opened;
    } catch (cause) {
      await opened.close().catch(() => undefined);
      await this.remove(file);
      throw cause;
    }
  }

  #reservePath(): string {
    return path.join(this.#dir, RESERVE_NAME);
  }
}
