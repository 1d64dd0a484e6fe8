import type { Buffer } from 'node:buffer';
import { basename, dirname } from 'node:path';
import { isSymbol } from '@org/market-data';
import { FileChunkError, LineSplitter, LineTooLongError, readFileChunks } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import { DEPTH_HEADER } from '../rows/depth-rows.ts';
import type { DepthMessage, DepthReadOptions } from './depth-message.ts';
import { DepthRowError, DepthRowParser } from './depth-row-parser.ts';

/** Longest row; the rows that are written have about 120 bytes. */
const ROW_BYTES_MAX = 64 * 1024;

export interface DepthFileOptions extends DepthReadOptions {
  /** Default: the name of the file's folder; '' where that is no symbol. */
  readonly symbol?: string;
}

/**
 * The messages of a depth file, `.csv` or `.csv.gz`, in the order of arrival; memory is bounded whatever its size.
 *
 * Throws {@link StorageCsvError}: `FILE_UNREADABLE`, `HEADER_MISMATCH`, `SEGMENT_CORRUPT` (a compressed file that was
 * cut, after every complete row; or a row beyond 64 KiB), and `ROW_BROKEN` unless `rejected` is given.
 */
export async function* readDepthFile(
  path: string,
  options: DepthFileOptions = {},
): AsyncGenerator<DepthMessage> {
  const file = new DepthFile(path, options);
  const { progress } = options;
  const chunkOptions =
    progress === undefined ? {} : { progress: (bytes: FileProgress) => progress({ path, ...bytes }) };
  try {
    for await (const chunk of readFileChunks(path, chunkOptions)) {
      yield* file.push(chunk);
      if (file.failure !== undefined) throw file.failure;
    }
  } catch (error) {
    yield* file.abandon();
    throw readError(path, error);
  }
  yield* file.finish();
}

interface FileProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** The state of reading one file. A failure waits until the messages before it are handed over. */
class DepthFile {
  failure: Error | undefined;
  readonly #path: string;
  readonly #options: DepthFileOptions;
  readonly #splitter = new LineSplitter(ROW_BYTES_MAX);
  readonly #parser: DepthRowParser;

  constructor(path: string, options: DepthFileOptions) {
    this.#path = path;
    this.#options = options;
    const folder = basename(dirname(path));
    this.#parser = new DepthRowParser(options.symbol ?? (isSymbol(folder) ? folder : ''));
  }

  /** The messages that end in this piece of the file. */
  push(chunk: Buffer): DepthMessage[] {
    const messages: DepthMessage[] = [];
    try {
      this.#splitter.push(chunk, (bytes, start, end) => {
        const message = this.#pushLine(bytes, start, end);
        if (message !== undefined) messages.push(message);
      });
    } catch (error) {
      this.failure = error as Error;
    }
    return messages;
  }

  /** The last message, once nothing follows. */
  finish(): DepthMessage[] {
    const rest = this.#splitter.rest();
    if (rest.length > 0) {
      if (this.#splitter.line === 0) this.#checkUnfinishedHeader(rest);
      this.#options.unfinished?.({
        path: this.#path,
        line: this.#splitter.line + 1,
        byteLength: rest.length,
      });
      if (this.#parser.mayBelong(rest)) this.#parser.damage();
    }
    return this.#last();
  }

  /** The message that was open when reading failed: rows of it may be missing. */
  abandon(): DepthMessage[] {
    this.#parser.damage();
    return this.#last();
  }

  #last(): DepthMessage[] {
    const last = this.#parser.finish();
    return last === undefined ? [] : [last];
  }

  #checkUnfinishedHeader(rest: Buffer): void {
    if (!DEPTH_HEADER.startsWith(rest.toString('utf8'))) throw this.#headerError(rest);
  }

  #pushLine(bytes: Buffer, start: number, end: number): DepthMessage | undefined {
    const line = this.#splitter.line;
    if (line === 1) {
      if (bytes.toString('utf8', start, end) !== DEPTH_HEADER)
        throw this.#headerError(bytes.subarray(start, end));
      return undefined;
    }
    try {
      return this.#parser.push(bytes, start, end);
    } catch (error) {
      if (!(error instanceof DepthRowError)) throw error;
      this.#reject(line, error.message);
      return undefined;
    }
  }

  #reject(line: number, problem: string): void {
    if (this.#options.rejected === undefined) {
      throw new StorageCsvError('ROW_BROKEN', this.#path, `row ${line}: ${problem}`, { line });
    }
    this.#parser.damage();
    this.#options.rejected({ path: this.#path, line, problem });
  }

  #headerError(was: Buffer): StorageCsvError {
    const excerpt = JSON.stringify(was.toString('utf8', 0, 200));
    return new StorageCsvError(
      'HEADER_MISMATCH',
      this.#path,
      `expected the header "${DEPTH_HEADER}", was ${excerpt}`,
      { line: 1 },
    );
  }
}

function readError(path: string, error: unknown): unknown {
  if (error instanceof LineTooLongError) {
    return new StorageCsvError('SEGMENT_CORRUPT', path, error.message, { cause: error, line: error.line });
  }
  if (!(error instanceof FileChunkError)) return error;
  const code = error.code === 'FILE_TRUNCATED' ? 'SEGMENT_CORRUPT' : 'FILE_UNREADABLE';
  return new StorageCsvError(code, path, error.message, { cause: error });
}
