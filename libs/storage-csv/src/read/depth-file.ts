import type { Buffer } from 'node:buffer';
import { basename, dirname } from 'node:path';
import { isSymbol } from '@org/market-data';
import {
  FileChunkError,
  LineSplitter,
  LineTooLongError,
  readFileChunks,
  type FileChunksOptions,
} from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import { DEPTH_HEADER } from '../rows/depth-rows.ts';
import type { DepthMessage, DepthReadOptions } from './depth-message.ts';
import { DepthRowError } from './depth-row-error.ts';
import { DepthRowParser, ROW_BYTES_MAX } from './depth-row-parser.ts';
import { decodeRawDepth, type DepthScale, type DepthVisitor, type RawDepth } from './raw-depth.ts';

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
  const folder = basename(dirname(path));
  const symbol = options.symbol ?? (isSymbol(folder) ? folder : '');
  for await (const piece of readPieces(path, options)) {
    for (let raw = piece.next(); raw !== undefined; raw = piece.next()) yield decodeRawDepth(raw, symbol);
  }
}

export interface DepthVisitOptions extends DepthReadOptions {
  /**
   * The scale in which the levels of depth files are read to numbers as well, looked at whenever a message begins: the book
   * to which they go, which then need not read their text. Captures give no numbers.
   */
  readonly scale?: DepthScale;
}

/**
 * What {@link readDepthFile} gives, without a string or an object a level: the way to replay a file fast. Resolves to
 * whether the file was read to its end; it was not when `visit` returned false. Holds two reads of the file (2 MiB; of
 * a compressed one its window and what one read unpacks to, at most 33 MiB) and the levels of one message.
 *
 * @example
 * await visitDepthFile(path, ({ bytes, offsets, bidCount, askCount }) =>
 *   book.applyOffsets(bytes, offsets, bidCount, askCount),
 * );
 */
export async function visitDepthFile(
  path: string,
  visit: DepthVisitor,
  options: DepthVisitOptions = {},
): Promise<boolean> {
  for await (const piece of readPieces(path, options)) {
    for (let raw = piece.next(); raw !== undefined; raw = piece.next())
      if (visit(raw) === false) return false;
  }
  return true;
}

/**
 * Gives the file again and again: after every piece that was read, when `next` gives the messages that end in it. The
 * caller's own errors pass by, those of reading come after every message before them.
 */
async function* readPieces(path: string, options: DepthVisitOptions): AsyncGenerator<DepthFile> {
  const file = new DepthFile(path, options);
  try {
    for await (const chunk of readFileChunks(path, chunkOptions(path, options))) {
      options.content?.(chunk);
      file.feed(chunk);
      yield file;
      if (file.failure !== undefined) throw file.failure.error;
    }
    file.end();
  } catch (error) {
    file.abandon();
    yield file;
    throw readError(path, error, file.lines + 1);
  }
  yield file;
  options.ended?.({ path, lines: file.lines });
}

/** How {@link readFileChunks} is to read, for readers that are done with a piece before the next one. */
export function chunkOptions(path: string, { progress, readBytes }: DepthReadOptions): FileChunksOptions {
  return {
    isReused: true,
    ...(readBytes === undefined ? {} : { readBytes }),
    ...(progress === undefined ? {} : { progress: (bytes) => progress({ path, ...bytes }) }),
  };
}

/** The state of reading one file. */
class DepthFile {
  /** Why no more messages come; thrown once those before it are handed over. */
  failure: { readonly error: unknown } | undefined;
  readonly #path: string;
  readonly #options: DepthReadOptions;
  readonly #lines = new LineSplitter(ROW_BYTES_MAX);
  readonly #parser: DepthRowParser;
  #chunk: Buffer | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #isLast = false;

  constructor(path: string, options: DepthVisitOptions) {
    this.#path = path;
    this.#parser = new DepthRowParser(options.scale);
    this.#options = options;
  }

  /** Whole lines so far, with the header. */
  get lines(): number {
    return this.#lines.line;
  }

  feed(chunk: Buffer): void {
    this.#lines.feed(chunk);
    this.#chunk = chunk;
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }

  /** The next message that ends in what was fed, valid until the next call. Never throws; see `failure`. */
  next(): RawDepth | undefined {
    const chunk = this.#chunk;
    if (chunk === undefined) return this.#takeLast();
    try {
      const message = this.#nextInChunk(chunk);
      if (message === undefined) this.#chunk = undefined;
      return message;
    } catch (error) {
      this.#parser.settle(chunk);
      this.#chunk = undefined;
      this.failure = { error };
      return undefined;
    }
  }

  /** Nothing follows: `next` gives the last message. Throws for a header that is no beginning of one. */
  end(): void {
    const rest = this.#lines.rest();
    if (rest.length > 0) {
      if (this.#lines.line === 0) this.#checkUnfinishedHeader(rest);
      const line = this.#lines.line + 1;
      this.#options.unfinished?.({ path: this.#path, line, byteLength: rest.length });
      if (this.#parser.mayBelong(rest, 0, rest.length)) this.#parser.damage();
    }
    this.#isLast = true;
  }

  /** Reading failed: `next` gives the message that was open, of which rows may be missing. */
  abandon(): void {
    this.#parser.damage();
    this.#isLast = true;
  }

  #takeLast(): RawDepth | undefined {
    return this.#isLast ? this.#parser.finish(new Uint8Array(0)) : undefined;
  }

  #nextInChunk(chunk: Buffer): RawDepth | undefined {
    const lines = this.#lines;
    for (;;) {
      this.#parser.takeUsual(lines, this.#view);
      if (!lines.next()) break;
      const message = this.#takeLine();
      if (message !== undefined) return message;
    }
    this.#parser.settle(chunk);
    return undefined;
  }

  #takeLine(): RawDepth | undefined {
    const { line, bytes, start, end } = this.#lines;
    if (line === 1) {
      if (bytes.toString('utf8', start, end) !== DEPTH_HEADER)
        throw this.#headerError(bytes.subarray(start, end));
      return undefined;
    }
    try {
      this.#parser.line = line;
      const message = this.#parser.push(bytes, start, end);
      // A row that lies across two pieces was joined in memory of its own.
      if (bytes !== this.#chunk) this.#parser.settle(bytes);
      return message;
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

  #checkUnfinishedHeader(rest: Buffer): void {
    if (!DEPTH_HEADER.startsWith(rest.toString('utf8'))) throw this.#headerError(rest);
  }

  #headerError(was: Buffer): StorageCsvError {
    const start = JSON.stringify(was.toString('utf8', 0, 200));
    return new StorageCsvError(
      'HEADER_MISMATCH',
      this.#path,
      `expected the header "${DEPTH_HEADER}", was ${start}`,
      { line: 1 },
    );
  }
}

/** What reading failed with, as an error of this library; `line` is the first that could not be read. */
export function readError(path: string, error: unknown, line: number): unknown {
  if (error instanceof LineTooLongError) {
    return new StorageCsvError('SEGMENT_CORRUPT', path, error.message, { cause: error, line: error.line });
  }
  if (!(error instanceof FileChunkError)) return error;
  const code = error.code === 'FILE_TRUNCATED' ? 'SEGMENT_CORRUPT' : 'FILE_UNREADABLE';
  return new StorageCsvError(code, path, error.message, { cause: error, line });
}
