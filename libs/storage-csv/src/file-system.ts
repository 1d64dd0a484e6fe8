import type { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** A file that is open for reading and writing. Positions are byte offsets. */
export interface OpenFile {
  size(): Promise<number>;
  /** Fills `into` from `position`; returns how many bytes there were, 0 at the end. */
  read(into: Buffer, position: number): Promise<number>;
  /** Writes at `position`; may write fewer bytes than asked for, without an error, and returns how many. */
  write(bytes: Buffer, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  /** Content and length reach the device (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The operations that the sink needs of a file system; tests put a faulty one in its place. */
export interface FileSystem {
  /** Opens for reading and writing; creates the file when it is absent and never shortens it. */
  open(path: string): Promise<OpenFile>;
  /** Opens for reading what is there already; rejects with ENOENT where nothing is. */
  openExisting(path: string): Promise<OpenFile>;
  /** Creates the folder with its parents, and returns the paths of those that were not there, the outermost first. */
  makeFolder(path: string): Promise<readonly string[]>;
  list(path: string): Promise<readonly FolderEntry[]>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; it may be gone already. */
  removeFile(path: string): Promise<void>;
  /** New and renamed names in the folder reach the device. */
  syncFolder(path: string): Promise<void>;
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(into: Buffer, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async write(bytes: Buffer, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The file system of this machine. */
export const nodeFileSystem: FileSystem = {
  async open(path) {
    return new NodeFile(await open(path, constants.O_RDWR | constants.O_CREAT, 0o644));
  },
  async openExisting(path) {
    return new NodeFile(await open(path, 'r'));
  },
  async makeFolder(path) {
    const first = await makeFolders(path);
    if (first === undefined) return [];
    const parentOfFirst = dirname(resolve(first));
    const made: string[] = [];
    for (let each = resolve(path); each !== parentOfFirst; each = dirname(each)) made.unshift(each);
    return made;
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  },
  rename,
  removeFile: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/**
 * Returns the first folder that was made. Node's recursive mkdir reports a full disk as ENOENT (seen with 20.20,
 * 2026-11-22); the plain one says ENOSPC, and is enough unless a parent is missing.
 */
async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return mkdir(path, { recursive: true });
    if (code === 'EEXIST') return undefined;
    throw error;
  }
}
