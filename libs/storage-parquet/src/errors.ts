export type StorageParquetErrorCode =
  /** The optional package `@duckdb/node-api` cannot be loaded; the message says what to install. */
  | 'DUCKDB_MISSING'
  /** A CSV file cannot be read as rows of its header: broken row, damage, no permission. */
  | 'CSV_UNREADABLE'
  /** A cell would not come back as the number that stands there. */
  | 'NUMBER_INEXACT'
  /** A decimal has more than 38 digits. */
  | 'DECIMAL_TOO_WIDE'
  /** What seals a file (CHECKSUM, manifest) does not fit it. */
  | 'SEAL_BROKEN'
  /** What was written is not what was read; nothing was put in its place. */
  | 'CONTENT_DIFFERS'
  /** No space left beside the target. */
  | 'DISK_FULL'
  /** Writing failed for another reason. */
  | 'WRITE_FAILED';

/** What went wrong between CSV and Parquet. Decide on `code`, never on the message. */
export class StorageParquetError extends Error {
  readonly code: StorageParquetErrorCode;
  /** The file or folder that it concerns. */
  readonly path: string;

  constructor(code: StorageParquetErrorCode, path: string, problem: string, cause?: unknown) {
    super(path === '' ? problem : `${path}: ${problem}`, { cause });
    this.name = 'StorageParquetError';
    this.code = code;
    this.path = path;
  }
}

const EXCERPT_CHARS = 400;

/** What an error says, in one line. */
export function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, '; ').slice(0, EXCERPT_CHARS);
}
