import { nodeFileSystem, type FileSystem, type OpenFile } from '@org/storage-csv';

export type Operation =
  'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'removeFile' | 'makeFolder' | 'syncFolder';

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** The real file system with faults on order, and an end of life as a SIGKILL is one. */
export class FaultyFileSystem implements FileSystem {
  /** Asked before every operation: an error to fail with; for a write also the number of bytes that it takes. */
  fault: (operation: Operation, path: string, bytes: number) => Error | number | undefined = () => undefined;
  /** Off where many files are opened and no power is cut. */
  syncs = true;
  readonly operations: string[] = [];
  openFiles = 0;
  openFilesHigh = 0;
  readonly #files = new Set<OpenFile>();
  #isDead = false;

  /** Nothing that was not written yet will be; the descriptors are given back. */
  async crash(): Promise<void> {
    this.#isDead = true;
    for (const file of this.#files) await file.close();
  }

  async open(path: string): Promise<OpenFile> {
    this.#check('open', path);
    return this.#opened(path, await nodeFileSystem.open(path));
  }

  async openExisting(path: string): Promise<OpenFile> {
    this.#check('open', path);
    return this.#opened(path, await nodeFileSystem.openExisting(path));
  }

  #opened(path: string, file: OpenFile): OpenFile {
    this.#files.add(file);
    this.openFilesHigh = Math.max(this.openFilesHigh, ++this.openFiles);
    return {
      size: () => file.size(),
      read: (into, position) => file.read(into, position),
      write: async (bytes, position) => {
        const taken = this.#check('write', path, bytes.length) ?? bytes.length;
        return taken === 0 ? 0 : file.write(bytes.subarray(0, taken), position);
      },
      truncate: async (length) => {
        this.#check('truncate', path);
        await file.truncate(length);
      },
      sync: async () => {
        this.#check('sync', path);
        if (this.syncs) await file.sync();
      },
      close: async () => {
        if (!this.#files.delete(file)) return;
        this.openFiles--;
        await file.close();
      },
    };
  }

  async makeFolder(path: string): Promise<readonly string[]> {
    this.#check('makeFolder', path);
    return nodeFileSystem.makeFolder(path);
  }

  list(path: string) {
    return nodeFileSystem.list(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename', to);
    await nodeFileSystem.rename(from, to);
  }

  async removeFile(path: string): Promise<void> {
    this.#check('removeFile', path);
    await nodeFileSystem.removeFile(path);
  }

  async syncFolder(path: string): Promise<void> {
    this.#check('syncFolder', path);
    if (this.syncs) await nodeFileSystem.syncFolder(path);
  }

  #check(operation: Operation, path: string, bytes = 0): number | undefined {
    if (this.#isDead) throw systemError('EBADF');
    this.operations.push(`${operation} ${path}`);
    const fault = this.fault(operation, path, bytes);
    if (fault instanceof Error) throw fault;
    return fault;
  }
}
