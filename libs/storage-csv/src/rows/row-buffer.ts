import { Buffer } from 'node:buffer';
import { isNumberByte } from '@org/storage';

const LF = 0x0a;
const COMMA = 0x2c;
const ZERO = 0x30;
const BYTES_AT_FIRST = 4 * 1024;
/** Bytes behind the reserved ones that may be overwritten, so that cells can be copied by whole words. */
export const SLACK_BYTES = 32;
/** Integers are printed in two halves, of which the lower has eight digits: both are 32-bit integers then. */
const HALF_DIGITS = 8;
const HALF = 10 ** HALF_DIGITS;

/** Bytes of rows under construction. It grows and keeps its memory; `length` is how much of it is used. */
export class RowBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  /** The same memory, for writing by words. */
  words: DataView = viewOf(this.bytes);
  length = 0;

  /**
   * Makes room for more bytes behind `length`, and {@link SLACK_BYTES} more; returns the memory, which may be another
   * one than before.
   */
  reserve(byteLength: number): Buffer {
    const needed = this.length + byteLength + SLACK_BYTES;
    if (needed > this.bytes.length) this.#grow(needed);
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

  /** The digits of a whole number from 0 to 2^53 - 1; a string of it would cost five times as much. */
  integer(value: number): void {
    const bytes = this.reserve(2 * HALF_DIGITS);
    const high = Math.floor(value / HALF);
    const low = value - high * HALF;
    const highDigits = high === 0 ? 0 : digitsOf(high);
    const lowDigits = high === 0 ? digitsOf(low) : HALF_DIGITS;
    printDigits(bytes, this.length, high, highDigits);
    printDigits(bytes, this.length + highDigits, low, lowDigits);
    this.length += highDigits + lowDigits;
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

  /** Copies bytes that are known to be good in a cell. */
  copy(source: Uint8Array, start: number, end: number): void {
    const bytes = this.reserve(end - start);
    let at = this.length;
    for (let from = start; from < end; from++) bytes[at++] = source[from]!;
    this.length = at;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.words = viewOf(grown);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** How many digits an integer of at most eight has. */
function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}

/** The last `digits` digits of an integer of at most eight. */
function printDigits(bytes: Buffer, at: number, value: number, digits: number): void {
  let rest = value | 0;
  for (let to = at + digits - 1; to >= at; to--) {
    const tenth = (rest / 10) | 0;
    bytes[to] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}
