import { Buffer } from 'node:buffer';

/** A line beyond this is cut: what never ends with a newline must not pile up. */
export const LINE_BYTES_MAX = 64 * 1024;

const NEWLINE = 0x0a;

/**
 * Bytes in pieces → lines of text. Only a newline ends a line: other separators of Unicode may stand in a JSON text. What
 * is beyond the limit is left out up to the next newline.
 */
export class LineSplitter {
  readonly #line: (text: string) => void;
  readonly #bytesMax: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(line: (text: string) => void, bytesMax = LINE_BYTES_MAX) {
    this.#line = line;
    this.#bytesMax = bytesMax;
  }

  push(piece: Uint8Array): void {
    let start = 0;
    for (let end; (end = piece.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      this.#keep(piece.subarray(start, end));
      this.#emit();
    }
    this.#keep(piece.subarray(start));
  }

  /** What came after the last newline, if anything did, is a line as well. */
  end(): void {
    if (this.#bytes > 0) this.#emit();
  }

  #keep(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#bytesMax - this.#bytes);
    // A copy: the piece belongs to whoever read it.
    if (kept.length > 0) this.#pieces.push(Buffer.from(kept));
    this.#bytes += kept.length;
  }

  #emit(): void {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#bytes = 0;
    this.#line(text);
  }
}
