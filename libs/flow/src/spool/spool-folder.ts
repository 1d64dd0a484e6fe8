import path from 'node:path';
import type { Block, BlockEntry, SpooledBatch } from './block.ts';
import { SpoolSegment } from './spool-segment.ts';
import type { SpoolFileSystem } from './spool-file-system.ts';

export interface SpoolFolderOptions {
  readonly folder: string;
  readonly fileSystem: SpoolFileSystem;
  readonly epoch: number;
  readonly segmentBytesMax: number;
  /** A block could not be read back. */
  unreadable(): void;
  /** A file could not be removed; its bytes count until `removeSpent` succeeds. */
  unremoved(): void;
}

const FILE_NAME = /^\d+-\d+\.spool$/;

/** The files of a spool: written at the last, read from the first, removed once they are read. */
export class SpoolFolder {
  readonly #options: SpoolFolderOptions;
  /** In the order of their making. */
  readonly #segments: SpoolSegment[] = [];
  readonly #spent = new Set<SpoolSegment>();
  #appending: SpoolSegment | undefined;
  #files = 0;
  #preparing: Promise<void> | undefined;
  #removing: Promise<void> = Promise.resolve();

  constructor(options: SpoolFolderOptions) {
    this.#options = options;
  }

  /** Bytes of the files that are not removed yet. */
  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.bytes;
    for (const segment of this.#spent) bytes += segment.bytes;
    return bytes;
  }
  /** The oldest block on disk. */
  get head(): BlockEntry | undefined {
    return this.#segments[0]?.head;
  }

  /** Makes the folder and removes the files of earlier lives, once. Rejects when the disk does; then call it again. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#prepare().catch((cause: unknown) => {
      this.#preparing = undefined;
      throw cause;
    });
    return this.#preparing;
  }

  /** Adds a block behind all others, one at a time. Rejects when the disk does; nothing was added then. */
  async append(block: Block): Promise<void> {
    await this.prepare();
    const last = this.#segments.at(-1);
    const continues = last !== undefined && last.bytes + block.fileBytes <= this.#options.segmentBytesMax;
    if (!continues) return this.#appendToNew(block);
    this.#appending = last;
    try {
      await last.append(block);
    } finally {
      this.#appending = undefined;
      this.#removeRead();
    }
  }

  /** The batches of the head; undefined when they cannot be read back. */
  async read(): Promise<SpooledBatch[] | undefined> {
    const batches = await this.#segments[0]?.read().catch(() => undefined);
    if (batches === undefined) this.#options.unreadable();
    return batches;
  }

  /** The head was read, or never will be. */
  dropHead(): void {
    this.#segments[0]?.dropHead();
    this.#removeRead();
  }

  /** Removes what was read and is still there. */
  removeSpent(): void {
    this.#removing = this.#removing.then(() => this.#removeAll());
  }

  /** Removes all files. One that cannot be removed is left for the next life. */
  async close(): Promise<void> {
    for (const segment of this.#segments.splice(0)) this.#remove(segment);
    await this.#removing;
  }

  async #prepare(): Promise<void> {
    const { folder, fileSystem } = this.#options;
    await fileSystem.makeFolder(folder);
    const leftovers = (await fileSystem.list(folder)).filter((name) => FILE_NAME.test(name));
    for (const name of leftovers) await fileSystem.remove(path.join(folder, name));
  }

  async #appendToNew(block: Block): Promise<void> {
    const { folder, fileSystem, epoch } = this.#options;
    // Somebody may have removed the folder since the last time.
    await fileSystem.makeFolder(folder);
    const name = `${epoch}-${++this.#files}.spool`;
    const segment = await SpoolSegment.create(fileSystem, path.join(folder, name));
    try {
      await segment.append(block);
      this.#segments.push(segment);
    } catch (cause) {
      this.#remove(segment);
      throw cause;
    }
  }

  #removeRead(): void {
    let first = this.#segments[0];
    while (first !== undefined && first.head === undefined && first !== this.#appending) {
      this.#remove(first);
      this.#segments.shift();
      first = this.#segments[0];
    }
  }

  #remove(segment: SpoolSegment): void {
    this.#spent.add(segment);
    this.removeSpent();
  }

  async #removeAll(): Promise<void> {
    for (const spent of this.#spent) {
      try {
        await spent.remove();
        this.#spent.delete(spent);
      } catch {
        this.#options.unremoved();
      }
    }
  }
}
