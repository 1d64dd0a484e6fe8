import path from 'node:path';
import type { SpoolFile, SpoolFileSystem } from '@org/flow';

/** What the disk does to every operation from now on; `corrupt` and `unreadable` concern what is read. */
export type DiskMode = 'well' | 'slow' | 'short' | 'full' | 'broken' | 'corrupt' | 'unreadable' | 'hanging';

/** A disk in memory that misbehaves as it is told. */
export class FakeSpoolFileSystem implements SpoolFileSystem {
  readonly files = new Map<string, Buffer>();
  readonly folders: string[] = [];
  mode: DiskMode = 'well';
  writes = 0;
  bytesMost = 0;

  get bytes(): number {
    return [...this.files.values()].reduce((sum, file) => sum + file.length, 0);
  }

  async makeFolder(folder: string): Promise<void> {
    await this.#operate('broken');
    this.folders.push(folder);
  }

  async list(folder: string): Promise<string[]> {
    await this.#operate('broken');
    return [...this.files.keys()]
      .filter((each) => path.dirname(each) === folder)
      .map((each) => path.basename(each));
  }

  async create(file: string): Promise<SpoolFile> {
    await this.#operate('broken', 'full');
    if (this.files.has(file)) throw diskError('EEXIST');
    this.files.set(file, Buffer.alloc(0));
    return {
      write: (bytes, position) => this.#write(file, bytes, position),
      read: (into, position) => this.#read(file, into, position),
      close: () => this.#operate('broken'),
    };
  }

  async remove(file: string): Promise<void> {
    await this.#operate('broken');
    this.files.delete(file);
  }

  async #write(file: string, bytes: Buffer, position: number): Promise<number> {
    this.writes++;
    // A disk that fills up takes some of it first, without a word.
    const taken = ['short', 'full'].includes(this.mode)
      ? bytes.subarray(0, Math.ceil(bytes.length / 2))
      : bytes;
    if (this.mode !== 'full' || this.writes % 2 === 0) await this.#operate('broken', 'full');
    const before = this.files.get(file)!;
    const after = Buffer.alloc(Math.max(before.length, position + taken.length));
    before.copy(after);
    taken.copy(after, position);
    this.files.set(file, after);
    this.bytesMost = Math.max(this.bytesMost, this.bytes);
    return taken.length;
  }

  async #read(file: string, into: Buffer, position: number): Promise<number> {
    await this.#operate('unreadable');
    const read = this.files
      .get(file)!
      .copy(into, 0, position, position + (this.mode === 'short' ? 7 : into.length));
    if (this.mode === 'corrupt') into[read - 1]! ^= 1;
    return read;
  }

  async #operate(...failing: DiskMode[]): Promise<void> {
    if (this.mode === 'hanging') await this.#released();
    await new Promise((resolve) => (this.mode === 'slow' ? setTimeout(resolve, 3) : setImmediate(resolve)));
    if (failing.includes(this.mode)) throw diskError(this.mode === 'full' ? 'ENOSPC' : 'EIO');
  }

  async #released(): Promise<void> {
    while (this.mode === 'hanging') await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function diskError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
