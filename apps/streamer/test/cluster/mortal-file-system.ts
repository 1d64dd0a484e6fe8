import { nodeFileSystem, type FileSystem, type OpenFile } from '@org/storage-csv';

/** After so many changes to the disk the process that makes them is dead: this one and all later calls fail. */
export class MortalFileSystem implements FileSystem {
  #left: number;
  readonly #files = new Set<OpenFile>();

  constructor(changes: number) {
    this.#left = changes;
  }

  get isDead(): boolean {
    return this.#left < 0;
  }

  /** To be called before each change. */
  change(): void {
    this.alive();
    if (--this.#left < 0) this.alive();
  }

  alive(): void {
    if (this.isDead) throw new Error('killed');
  }

  async open(path: string): Promise<OpenFile> {
    this.change();
    return this.#mortal(await nodeFileSystem.open(path));
  }

  async openExisting(path: string): Promise<OpenFile> {
    this.alive();
    return this.#mortal(await nodeFileSystem.openExisting(path));
  }

  makeFolder(path: string): Promise<readonly string[]> {
    this.change();
    return nodeFileSystem.makeFolder(path);
  }

  list(path: string): ReturnType<FileSystem['list']> {
    this.alive();
    return nodeFileSystem.list(path);
  }

  rename(from: string, to: string): Promise<void> {
    this.change();
    return nodeFileSystem.rename(from, to);
  }

  removeFile(path: string): Promise<void> {
    this.change();
    return nodeFileSystem.removeFile(path);
  }

  syncFolder(): Promise<void> {
    this.alive();
    return Promise.resolve();
  }

  /** The system closes what a dead process had open. */
  async bury(): Promise<void> {
    this.#left = -1;
    await Promise.all(Array.from(this.#files, (file) => file.close()));
    this.#files.clear();
  }

  #mortal(file: OpenFile): OpenFile {
    this.#files.add(file);
    return {
      size: () => file.size(),
      read: (into, position) => file.read(into, position),
      write: (bytes, position) => {
        this.change();
        return file.write(bytes, position);
      },
      truncate: (length) => {
        this.change();
        return file.truncate(length);
      },
      // A kill loses nothing that was written.
      sync: () => Promise.resolve(),
      close: () => {
        this.#files.delete(file);
        return file.close();
      },
    };
  }
}
