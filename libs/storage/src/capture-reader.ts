import type { Buffer } from 'node:buffer';
import { CaptureError } from './capture-error.ts';
import { FileChunkError, readFileChunks, type FileChunksOptions } from './file-chunks.ts';
import { LineSplitter, LineTooLongError } from './line-splitter.ts';

/** Longest line of a capture; the largest messages seen, REST snapshots of 1000 levels, have 50 KB. */
export const CAPTURE_LINE_BYTES_MAX = 16 * 1024 * 1024;

/** One message of a capture. */
export interface CaptureLine {
  /** Receipt, nanoseconds since the epoch. */
  readonly receivedAtNs: bigint;
  /** The message as received: a combined-stream envelope, or the body of a REST depth answer. Never written to again. */
  readonly bytes: Buffer;
  /** Number of the line in its file, from 1. */
  readonly line: number;
}

/** A line that is not one of a capture. */
export interface CaptureRejection {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
}

export interface CaptureReadOptions extends FileChunksOptions {
  /** Called for a broken line, which is then skipped. Without it a broken line ends the reading with an error. */
  readonly rejected?: (rejection: CaptureRejection) => void;
}

const SPACE = 0x20;
const BRACE = 0x7b;
const DIGITS_MAX = 19;

/**
 * The messages of a capture file in order: a text file, plain or gzip (also of several members), one message a line,
 * `<receive time, ns since the epoch> <raw JSON>`. It is the format of the hftbacktest collector (nkaz001/hftbacktest,
 * collector/src/file.rs at 5f3ec40). Memory is bounded whatever the file's size.
 *
 * Throws {@link CaptureError}: `CAPTURE_TRUNCATED` after every complete line of a file that was cut,
 * `CAPTURE_LINE_BROKEN` unless `rejected` is given, `CAPTURE_LINE_TOO_LONG` beyond 16 MiB, `CAPTURE_UNREADABLE`.
 */
export async function* readCapture(
  path: string,
  options: CaptureReadOptions = {},
): AsyncGenerator<CaptureLine> {
  for await (const lines of readCaptureLines(path, options)) yield* lines;
}

/**
 * What {@link readCapture} gives, all lines of a piece of the file at once, because waiting for each of them alone costs
 * more than to read it. With `isReused` their bytes are valid until the next lines are asked for.
 */
export async function* readCaptureLines(
  path: string,
  options: CaptureReadOptions = {},
): AsyncGenerator<readonly CaptureLine[]> {
  const splitter = new LineSplitter(CAPTURE_LINE_BYTES_MAX);
  try {
    for await (const chunk of readFileChunks(path, options)) {
      splitter.feed(chunk);
      const { lines, failure } = linesOf(splitter, path, options);
      yield lines;
      if (failure !== undefined) throw failure.error;
    }
  } catch (error) {
    throw captureError(path, splitter.line, error);
  }
  yield lastLine(path, splitter);
}

/** The lines that end in one piece. A line that ends the reading must not keep back the good ones before it. */
function linesOf(
  splitter: LineSplitter,
  path: string,
  options: CaptureReadOptions,
): { readonly lines: readonly CaptureLine[]; readonly failure?: { readonly error: unknown } } {
  const lines: CaptureLine[] = [];
  try {
    while (splitter.next()) {
      const { bytes, start, end, line } = splitter;
      const problem = lineProblem(bytes, start, end);
      if (problem === undefined) lines.push(parseLine(bytes, start, end, line));
      else if (options.rejected === undefined) throw brokenLine(path, line, problem);
      else options.rejected({ path, line, problem });
    }
  } catch (error) {
    return { lines, failure: { error } };
  }
  return { lines };
}

function parseLine(bytes: Buffer, start: number, end: number, line: number): CaptureLine {
  const space = bytes.indexOf(SPACE, start);
  return {
    receivedAtNs: BigInt(bytes.toString('latin1', start, space)),
    bytes: bytes.subarray(space + 1, end),
    line,
  };
}

/** What is wrong with the line, or undefined. */
function lineProblem(bytes: Buffer, start: number, end: number): string | undefined {
  let at = start;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  const digits = at - start;
  if (digits === 0 || digits > DIGITS_MAX || bytes[at] !== SPACE || at >= end) {
    return `expected a receive time of 1 to ${DIGITS_MAX} digits and a space, was ${excerpt(bytes, start, end)}`;
  }
  if (at + 1 >= end || bytes[at + 1] !== BRACE) return 'expected a JSON object after the receive time';
  return undefined;
}

function excerpt(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.toString('latin1', start, Math.min(end, start + 40)));
}

/** A last line without LF is good when it is whole, which only its JSON can tell. */
function lastLine(path: string, splitter: LineSplitter): readonly CaptureLine[] {
  const rest = splitter.rest();
  if (rest.length === 0) return [];
  const problem = lineProblem(rest, 0, rest.length);
  const line = problem === undefined ? parseLine(rest, 0, rest.length, splitter.line + 1) : undefined;
  if (line === undefined || !isJson(line.bytes)) {
    throw new CaptureError('CAPTURE_TRUNCATED', path, splitter.line, `ends within line ${splitter.line + 1}`);
  }
  return [line];
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function brokenLine(path: string, line: number, problem: string): CaptureError {
  return new CaptureError('CAPTURE_LINE_BROKEN', path, line - 1, `line ${line}: ${problem}`);
}

function captureError(path: string, lastGoodLine: number, error: unknown): unknown {
  if (error instanceof LineTooLongError) {
    return new CaptureError('CAPTURE_LINE_TOO_LONG', path, lastGoodLine, error.message, error);
  }
  if (!(error instanceof FileChunkError)) return error;
  if (error.code === 'FILE_TRUNCATED') {
    return new CaptureError('CAPTURE_TRUNCATED', path, lastGoodLine, `cut after line ${lastGoodLine}`, error);
  }
  return new CaptureError(
    'CAPTURE_UNREADABLE',
    path,
    lastGoodLine,
    `unreadable after line ${lastGoodLine}`,
    error,
  );
}
