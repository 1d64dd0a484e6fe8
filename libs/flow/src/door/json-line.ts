import { Buffer } from 'node:buffer';
import { FlowError } from '../errors.ts';

/** Largest line, without its end. */
export const LINE_BYTES_MAX = 64 * 1024;

const LINE_END = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A value as one line of JSON. Throws a RangeError for one that is too long or no JSON value. */
export function encodeLine(value: unknown): Buffer {
  // JSON.stringify gives undefined for undefined and functions, whatever its type says.
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new RangeError(`${typeof value}, expected a JSON value`);
  const line = Buffer.from(`${text}\n`);
  if (line.length - 1 > LINE_BYTES_MAX) throw new RangeError(tooLong(line.length - 1));
  return line;
}

/** Cuts a stream of bytes into lines of JSON, and holds no more than one line. */
export class JsonLineDecoder {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** The values of the lines that end in this chunk. Throws FRAME_TOO_LARGE and FRAME_CORRUPT, and is of no use then. */
  *push(chunk: Buffer): Generator<unknown> {
    let at = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, at)) {
      this.#keep(chunk.subarray(at, end));
      at = end + 1;
      const line = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#bytes = 0;
      yield decodeLine(line);
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > LINE_BYTES_MAX) throw new FlowError('FRAME_TOO_LARGE', tooLong(this.#bytes));
    this.#pieces.push(piece);
  }
}

function decodeLine(line: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(line)) as unknown;
  } catch (cause) {
    throw new FlowError('FRAME_CORRUPT', `line of ${line.length} bytes, expected JSON`, { cause });
  }
}

function tooLong(bytes: number): string {
  return `line of ${bytes} bytes, expected at most ${LINE_BYTES_MAX}`;
}
