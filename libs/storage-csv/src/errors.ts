export type StorageCsvErrorCode =
  /** Writing failed and was undone; the batch counts as not appended. Fatal when undoing failed as well. */
  | 'SINK_WRITE_FAILED'
  /** Syncing failed. Fatal: the kernel may have dropped the pages, so a second sync proves nothing. */
  | 'SINK_SYNC_FAILED'
  /** No space left, or a quota spent; what was written of the batch is undone, and it may come again. */
  | 'DISK_FULL'
  /** Another sink has opened the store. Fatal: it has cut what this one did not commit. */
  | 'STORE_TAKEN'
  /** A file is damaged beyond what can be skipped, or was changed while it was written. */
  | 'SEGMENT_CORRUPT'
  /** The output folder cannot be made or written. */
  | 'OUTPUT_NOT_WRITABLE'
  /** A file to be read does not start with the header of its kind. */
  | 'HEADER_MISMATCH'
  /** A row that is not one of its kind, and nobody asked to skip it. */
  | 'ROW_BROKEN'
  /** A file to be read cannot be opened or read. */
  | 'FILE_UNREADABLE'
  /** There is no depth data of the symbol; `symbols` says of which there is. */
  | 'DEPTH_NOT_FOUND';

export interface StorageCsvErrorDetails {
  readonly cause?: unknown;
  readonly line?: number;
  readonly symbols?: readonly string[];
}

/** What went wrong with files. Decide on `code`, never on the message. */
export class StorageCsvError extends Error {
  readonly code: StorageCsvErrorCode;
  /** The file or folder that it concerns. */
  readonly path: string;
  /** Number of the line, from 1, where the error is about one. */
  readonly line: number | undefined;
  /** Symbols that have data, for `DEPTH_NOT_FOUND`. */
  readonly symbols: readonly string[];

  constructor(
    code: StorageCsvErrorCode,
    path: string,
    problem: string,
    details: StorageCsvErrorDetails = {},
  ) {
    super(`${path}: ${problem}`, { cause: details.cause });
    this.name = 'StorageCsvError';
    this.code = code;
    this.path = path;
    this.line = details.line;
    this.symbols = details.symbols ?? [];
  }
}

const NO_SPACE: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

function systemCode(error: unknown): unknown {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Whether the system said that there is no room. */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE.includes(systemCode(error));
}

/** The typed error of a failed write, with the system's own code in its message. */
export function writeError(path: string, error: unknown): StorageCsvError {
  if (error instanceof StorageCsvError) return error;
  const code = isNoSpace(error) ? 'DISK_FULL' : 'SINK_WRITE_FAILED';
  return new StorageCsvError(code, path, `writing failed (${String(systemCode(error))})`, { cause: error });
}

export function syncError(path: string, error: unknown): StorageCsvError {
  if (error instanceof StorageCsvError) return error;
  return new StorageCsvError('SINK_SYNC_FAILED', path, `sync failed (${String(systemCode(error))})`, {
    cause: error,
  });
}
