import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';

export interface FolderEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
}

export interface FileFacts {
  readonly bytes: number;
  /** Last written, milliseconds since the epoch. */
  readonly modifiedAtMs: number;
}

/** What retention needs of the disk. Rejections carry the system's `code`. */
export interface RetentionFileSystem {
  /** Links are neither files nor folders: what they lead to is not ours. */
  list(folder: string): Promise<readonly FolderEntry[]>;
  /** Rejects with `EFBIG` for a file of more than `bytesMax`. */
  read(file: string, bytesMax: number): Promise<string>;
  /** Undefined for a file that is gone. */
  facts(file: string): Promise<FileFacts | undefined>;
  /** A file that is gone already is no error. */
  remove(file: string): Promise<void>;
}

export const retentionFileSystem: RetentionFileSystem = {
  list: async (folder) =>
    (await readdir(folder, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      type: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other',
    })),
  read: async (file, bytesMax) => {
    const { size } = await stat(file);
    if (size > bytesMax)
      throw Object.assign(new Error(`expected ${file} to have at most ${bytesMax} bytes, was ${size}`), {
        code: 'EFBIG',
      });
    return readFile(file, 'utf8');
  },
  facts: async (file) => {
    try {
      const { size, mtimeMs } = await lstat(file);
      return { bytes: size, modifiedAtMs: mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  remove: (file) => rm(file, { force: true }),
};
