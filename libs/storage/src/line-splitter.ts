import { Buffer } from 'node:buffer';

const LF = 0x0a;

/** Thrown by {@link LineSplitter} when a line grows beyond the limit: the input is not text of the expected kind. */
export class LineTooLongError extends Error {
  readonly code = 'LINE_TOO_LONG';
  readonly line: number;
  readonly limitBytes: number;

  constructor(line: number, limitBytes: number) {
    super(`line ${line}: expected at most ${limitBytes} bytes, was longer`);
    this.name = 'LineTooLongError';
    this.line = line;
    this.limitBytes = limitBytes;
  }
}

/** Cuts pieces of a file into lines. Bytes are handed over in place and joined only where a line spans two pieces. */
export class LineSplitter {
  readonly #limitBytes: number;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #line = 0;

  /** `limitBytes` bounds one line, and so the memory held. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Number of the last line that was handed over, from 1; 0 before the first. */
  get line(): number {
    return this.#line;
  }

  /** Calls `visit` with `bytes[start, end)` for every line that ends in this piece; the LF is not part of it. */
  push(chunk: Buffer, visit: (bytes: Buffer, start: number, end: number) => void): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#checkLength(this.#pieceBytes + end - start);
      this.#line++;
      if (this.#pieces.length === 0) visit(chunk, start, end);
      else this.#visitJoined(chunk.subarray(start, end), visit);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** What stands behind the last LF; empty when the text ended with one. */
  rest(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  #visitJoined(last: Buffer, visit: (bytes: Buffer, start: number, end: number) => void): void {
    const joined = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    visit(joined, 0, joined.length);
  }

  #keep(piece: Buffer): void {
    this.#checkLength(this.#pieceBytes + piece.length);
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  #checkLength(bytes: number): void {
    if (bytes > this.#limitBytes) throw new LineTooLongError(this.#line + 1, this.#limitBytes);
  }
}
