import type { Buffer } from 'node:buffer';

/** A file that is open. Offsets are bytes from its start. */
export interface JournalFile {
  size(): Promise<number>;
  /** Fills `into` from `offset`; returns how many bytes there were, 0 at the end. */
  read(into: Buffer, offset: number): Promise<number>;
  /** One write of all buffers at `offset`. May write fewer bytes than asked for, without an error; returns how many. */
  pwritev(buffers: readonly Buffer[], offset: number): Promise<number>;
  /** Content and length reach the device. */
  fdatasync(): Promise<void>;
  close(): Promise<void>;
}

/** What the journal needs of a file system; tests put one in its place that crashes and fails on command. */
export interface FileSystem {
  /** `create` makes the file or empties it, `write` and `read` need it to exist. All may read. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<JournalFile>;
  /** Makes the folder with its parents; it may exist already. */
  mkdir(path: string): Promise<void>;
  readdir(path: string): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** New, renamed and deleted names in the folder reach the device. */
  syncDirectory(path: string): Promise<void>;
}
