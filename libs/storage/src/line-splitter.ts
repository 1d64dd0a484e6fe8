import { Buffer } from 'node:buffer';

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

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

/**
 * Cuts pieces of a file into lines: `feed` a piece, then call `next` until it says false. Lines are handed over in
 * place and joined only where they span two pieces. A piece may be overwritten once `next` said false: what it ended in
 * was copied.
 */
export class LineSplitter {
  /** The line that `next` found: `bytes[start, end)`, without its LF; `bytes` is the piece, or a joined line. */
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  readonly #limitBytes: number;
  #chunk: Buffer = NOTHING;
  #at = 0;
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

  /** The piece that is being cut. */
  get chunk(): Buffer {
    return this.#chunk;
  }

  /** Where the next line begins in `chunk`; -1 while it begins in an earlier piece. */
  get at(): number {
    return this.#pieces.length === 0 ? this.#at : -1;
  }

  /** Gives the next piece, once the last one is used up. */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Moves to the next line that ends in this piece. Throws {@link LineTooLongError}. */
  next(): boolean {
    const chunk = this.#chunk;
    const start = this.#at;
    const end = chunk.indexOf(LF, start);
    if (end === -1) {
      this.#keep(chunk.subarray(start));
      this.feed(NOTHING);
      return false;
    }
    this.#checkLength(this.#pieceBytes + end - start);
    this.#line++;
    this.#at = end + 1;
    if (this.#pieces.length === 0) this.#hand(chunk, start, end);
    else this.#join(chunk.subarray(start, end));
    return true;
  }

  /** Passes over `lines` whole lines that a reader took out of `chunk` by itself; they end before `at`. */
  skip(lines: number, at: number): void {
    this.#line += lines;
    this.#at = at;
  }

  /** What stands behind the last LF; empty when the text ended with one. */
  rest(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  #hand(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  #join(last: Buffer): void {
    const joined = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#hand(joined, 0, joined.length);
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#checkLength(this.#pieceBytes + piece.length);
    this.#pieces.push(Buffer.from(piece));
    this.#pieceBytes += piece.length;
  }

  #checkLength(bytes: number): void {
    if (bytes > this.#limitBytes) throw new LineTooLongError(this.#line + 1, this.#limitBytes);
  }
}
