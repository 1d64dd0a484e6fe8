import type { Buffer } from 'node:buffer';
import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface StoredLog {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** One log file that is being written; nobody else writes to it. */
export interface OpenLog {
  readonly bytes: number;
  /** Appends all of it, or rejects and takes back what it has written of it, so that no line is torn. */
  write(bytes: Buffer): Promise<void>;
  /**
   * The last words, when no promise is kept any more: waits a moment for what `write` is writing, then writes `rest`.
   * Throws what the file system throws, and when that moment was not enough.
   */
  writeLast(writing: Buffer | undefined, rest: Buffer): void;
  close(): Promise<void>;
}

/** The file system as the logs need it. */
export interface LogDisk {
  /** Opens for appending; folder and file are made when they are not there. */
  open(path: string): Promise<OpenLog>;
  /** Appends and closes, synchronously. */
  appendLast(path: string, bytes: Buffer): void;
  /** A file that is not there is no error. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  list(folder: string): Promise<readonly StoredLog[]>;
}

/** How long the end of the process waits for a write that is on its way. */
const LANDING_PATIENCE_MS = 250;

export const nodeLogDisk: LogDisk = {
  open: async (path) => {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    try {
      return new AppendedFile(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  },
  appendLast: (path, bytes) => {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, 'a');
    try {
      writeWhole(file, bytes);
    } finally {
      closeSync(file);
    }
  },
  rename: async (from, to) => {
    try {
      await rename(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  list: async (folder) => {
    const names = await readdir(folder);
    const found = names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return { name, bytes: size, modifiedAtMs: mtimeMs };
    });
    return Promise.all(found);
  },
};

class AppendedFile implements OpenLog {
  readonly #file: FileHandle;
  #bytes: number;

  constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length)
        written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
      this.#bytes += bytes.length;
    } catch (error) {
      await this.#takeBack(written);
      throw error;
    }
  }

  writeLast(writing: Buffer | undefined, rest: Buffer): void {
    // A disk that does not even take what it was given would hold up the end of the process.
    if (writing !== undefined && !this.#lands(writing.length))
      throw new Error(`a write of ${writing.length} bytes did not end within ${LANDING_PATIENCE_MS} ms`);
    writeWhole(this.#file.fd, rest);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Only where the end of the file is what was written here: two recorders that share a file do not cut each other. */
  async #takeBack(written: number): Promise<void> {
    const { size } = await this.#file.stat();
    if (written > 0 && size === this.#bytes + written) await this.#file.truncate(this.#bytes);
  }

  /** The write is done by a thread of the pool, which goes on while this one waits. Returns whether it is done. */
  #lands(length: number): boolean {
    const deadlineMs = performance.now() + LANDING_PATIENCE_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const isThere = (): boolean => fstatSync(this.#file.fd).size >= this.#bytes + length;
    while (!isThere() && performance.now() < deadlineMs) Atomics.wait(pause, 0, 0, 1);
    return isThere();
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written);
}
