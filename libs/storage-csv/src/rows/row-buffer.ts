import { Buffer } from 'node:buffer';

const LF = 0x0a;
const COMMA = 0x2c;
const BYTES_AT_FIRST = 16 * 1024;

const MINUS = 0x2d;
const SLASH = 0x2f;
const NINE = 0x39;

/** Whether the byte is one of a plain decimal, `-`, `.` or a digit: nothing that a cell would have to quote. */
export function isNumberByte(byte: number): boolean {
  return byte >= MINUS && byte <= NINE && byte !== SLASH;
}

/** Bytes of rows under construction. It grows and keeps its memory; `length` is how much of it is used. */
export class RowBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  length = 0;

  /** Makes room for more bytes behind `length`; returns the memory, which may be another one than before. */
  reserve(byteLength: number): Buffer {
    const needed = this.length + byteLength;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    return this.bytes;
  }

  /** The rows so far, in place. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length);
  }

  /** As {@link text}, for ASCII: faster for the short texts that most cells are. */
  ascii(text: string): void {
    const bytes = this.reserve(text.length);
    let at = this.length;
    for (let from = 0; from < text.length; from++) bytes[at++] = text.charCodeAt(from);
    this.length = at;
  }

  comma(): void {
    this.reserve(1)[this.length++] = COMMA;
  }

  endRow(): void {
    this.reserve(1)[this.length++] = LF;
  }

  /**
   * Copies a number as it was sent. Returns false, with nothing copied, when there is none or a byte cannot be part
   * of a plain decimal.
   */
  number(source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.reserve(end - start);
    let at = this.length;
    for (let from = start; from < end; from++) {
      const byte = source[from]!;
      if (!isNumberByte(byte)) return false;
      bytes[at++] = byte;
    }
    this.length = at;
    return end > start;
  }
}
