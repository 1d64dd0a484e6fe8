import type { Buffer } from 'node:buffer';
import { mkdir, open, readdir, unlink } from 'node:fs/promises';

/** One open file of a spool. Every operation may reject, and the spool goes on. */
export interface SpoolFile {
  /** Writes from this place on. Resolves to the bytes that were taken, which may be fewer. */
  write(bytes: Buffer, position: number): Promise<number>;
  /** Reads from this place on. Resolves to the bytes that were read, which may be fewer; 0 at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** What a spool needs of a file system. Nothing is ever synced: a spool does not outlive its process. */
export interface SpoolFileSystem {
  /** Makes the folder for its owner alone (0700), and those above it, unless it exists. */
  makeFolder(folder: string): Promise<void>;
  /** Names of what lies in the folder. */
  list(folder: string): Promise<string[]>;
  /** Makes a file for its owner alone (0600), to be written and read. Rejects when it exists. */
  create(path: string): Promise<SpoolFile>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
}

export const nodeSpoolFileSystem: SpoolFileSystem = {
  makeFolder,
  list: (folder) => readdir(folder),
  create: async (path) => {
    const file = await open(path, 'wx+', 0o600);
    return {
      write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
      read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
      close: () => file.close(),
    };
  },
  remove: async (path) => {
    try {
      await unlink(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
  },
};

/** Node's recursive mkdir reports a full disk as ENOENT (seen with 20.20, 2026-11-22); the plain one says ENOSPC. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') await mkdir(path, { recursive: true, mode: 0o700 });
    else if (code !== 'EEXIST') throw error;
  }
}
