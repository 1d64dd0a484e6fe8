import { Buffer } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';

/** Bytes of a packed file read at a time. Deflate expands at most 1032 times, so one read becomes at most 33 MiB. */
const READ_BYTES = 32 * 1024;
/** Room for what a read of market data unpacks to, so that it becomes one piece: a fifth less CPU than with 64 KiB. */
const UNPACKED_BYTES = 1024 * 1024;
/** Every read wakes two threads: with 256 KiB a replay takes a tenth more CPU. */
const PLAIN_READ_BYTES = 1024 * 1024;

export type FileChunkErrorCode =
  /** The gzip data ends before its end mark: the file was cut, or its writer is still at work or died. */
  | 'FILE_TRUNCATED'
  /** The file cannot be read, or is damaged in its middle. */
  | 'FILE_UNREADABLE';

export class FileChunkError extends Error {
  readonly code: FileChunkErrorCode;
  readonly path: string;

  constructor(code: FileChunkErrorCode, path: string, problem: string, cause: unknown) {
    super(`file ${path}: ${problem}`, { cause });
    this.name = 'FileChunkError';
    this.code = code;
    this.path = path;
  }
}

export interface FileChunksOptions {
  /** Bytes read at a time from a file that is not compressed, default 1 MiB. */
  readonly readBytes?: number;
  /** Read into the same memory again: a piece is then valid until the next one is asked for. Default false. */
  readonly isReused?: boolean;
  /** Called after every read, with bytes of the file as it lies on disk: compressed where it is compressed. */
  readonly progress?: (progress: { readonly bytesRead: number; readonly bytesTotal: number }) => void;
}

/**
 * The content of a file piece by piece; gzip, also of several members, is recognised by its first bytes and unpacked.
 *
 * The pieces are fresh memory that nobody writes to again, unless `isReused`. One piece is read ahead, so memory is
 * bounded by two reads, whatever the file's size. A gzip file that ends too early gives all the content that can be
 * unpacked, then throws {@link FileChunkError} with code `FILE_TRUNCATED`; every other trouble is `FILE_UNREADABLE`.
 */
export async function* readFileChunks(path: string, options: FileChunksOptions = {}): AsyncGenerator<Buffer> {
  const file = await openFile(path);
  try {
    const magic = Buffer.alloc(2);
    await file.read(magic, 0, 2, 0);
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
    const reads = readPlain(file, isGzip ? READ_BYTES : (options.readBytes ?? PLAIN_READ_BYTES), options);
    yield* isGzip ? unpack(reads, path) : reads;
  } catch (error) {
    if (error instanceof FileChunkError) throw error;
    throw new FileChunkError('FILE_UNREADABLE', path, 'reading failed', error);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new FileChunkError('FILE_UNREADABLE', path, 'opening failed', error);
  }
}

/** Reads ahead: the thread that reads works while the caller looks at the piece before. */
async function* readPlain(
  file: FileHandle,
  readBytes: number,
  options: FileChunksOptions,
): AsyncGenerator<Buffer> {
  const bytesTotal = (await file.stat()).size;
  const memory: Buffer[] = [];
  const read = (index: number, position: number): Promise<Buffer> => {
    // Two pieces by turns: one is read while the caller looks at the other.
    const turn = options.isReused === true ? index % 2 : index;
    const bytes = memory[turn] ?? Buffer.allocUnsafeSlow(readBytes);
    if (options.isReused === true) memory[turn] = bytes;
    const reading = readAt(file, bytes, position);
    // The error is thrown where the piece is awaited, which may be later.
    reading.catch(() => undefined);
    return reading;
  };
  let ahead = read(0, 0);
  try {
    for (let index = 1, bytesRead = 0; ; index++) {
      const chunk = await ahead;
      if (chunk.length === 0) return;
      bytesRead += chunk.length;
      ahead = read(index, bytesRead);
      yield chunk;
      options.progress?.({ bytesRead, bytesTotal: Math.max(bytesTotal, bytesRead) });
    }
  } finally {
    await ahead.catch(() => undefined);
  }
}

async function readAt(file: FileHandle, bytes: Buffer, position: number): Promise<Buffer> {
  const { bytesRead } = await file.read(bytes, 0, bytes.length, position);
  return bytes.subarray(0, bytesRead);
}

/**
 * Feeds the unpacker one read at a time and takes everything it gives before the next. Iterating over the stream would
 * be shorter, but a stream that fails drops what it still holds: the last lines before the cut would be lost.
 */
async function* unpack(reads: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  const unpacked: Buffer[] = [];
  gunzip.on('data', (chunk: Buffer) => unpacked.push(chunk));
  const failure = new Promise<never>((_resolve, reject) => gunzip.on('error', reject));
  failure.catch(() => undefined);
  try {
    for await (const chunk of reads) {
      await Promise.race([failure, write(gunzip, chunk)]);
      yield* unpacked.splice(0);
    }
    await Promise.race([failure, end(gunzip)]);
    yield* unpacked.splice(0);
  } catch (error) {
    yield* unpacked.splice(0);
    throw unpackError(path, error);
  } finally {
    gunzip.destroy();
  }
}

function write(gunzip: Gunzip, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    gunzip.write(chunk, (error) => (error ? reject(error) : resolve())),
  );
}

function end(gunzip: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once('end', resolve);
    gunzip.end();
  });
}

function unpackError(path: string, error: unknown): FileChunkError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR')
    return new FileChunkError('FILE_TRUNCATED', path, 'gzip data ends too early', error);
  return new FileChunkError('FILE_UNREADABLE', path, 'gzip data is damaged', error);
}
