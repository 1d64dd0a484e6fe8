import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const BYTES_AT_FIRST = 64 * 1024;
/** Memory that is kept for the next batch. */
const BYTES_KEPT_MAX = 32 * 1024 * 1024;
/** Digits of the largest safe integer. */
const INTEGER_DIGITS_MAX = 16;
const POWERS = Array.from({ length: INTEGER_DIGITS_MAX }, (_, digits) => 10 ** digits);
/** More digits than any price has, and far fewer than a float can hold. */
const DECIMAL_CHARACTERS_MAX = 64;

/** Line protocol under construction. It grows and keeps its memory; `length` is how much of it is used. */
export class LineBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  length = 0;

  /** The lines so far, in place. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** Forgets the lines, and memory that one large batch took. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > BYTES_KEPT_MAX) this.bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length);
  }

  /** Copies bytes that are known to be good where they go. */
  copy(source: Uint8Array, start = 0, end: number = source.length): void {
    const bytes = this.#reserve(end - start);
    let at = this.length;
    for (let from = start; from < end; from++) bytes[at++] = source[from]!;
    this.length = at;
  }

  byte(byte: number): void {
    this.#reserve(1)[this.length++] = byte;
  }

  /** A safe integer, with zeros before its digits where it has fewer than `digits`. */
  integer(value: number, digits = 1): void {
    const bytes = this.#reserve(1 + INTEGER_DIGITS_MAX);
    let rest = Math.abs(value);
    if (value < 0) bytes[this.length++] = MINUS;
    let count = digits;
    for (let power = POWERS[digits]!; rest >= power && count < INTEGER_DIGITS_MAX; power *= 10) count++;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  /** Copies a plain decimal as it was sent, in quotes if asked. Returns false, with nothing copied, for anything else. */
  decimal(source: Uint8Array, start: number, end: number, isQuoted: boolean): boolean {
    if (!isDecimal(source, start, end)) return false;
    if (isQuoted) this.byte(QUOTE);
    this.copy(source, start, end);
    if (isQuoted) this.byte(QUOTE);
    return true;
  }

  #reserve(byteLength: number): Buffer {
    const needed = this.length + byteLength;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    return this.bytes;
  }
}

/** Whether `bytes[start, end)` is digits, with a sign before and a fraction behind them if need be. */
function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > DECIMAL_CHARACTERS_MAX) return false;
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = at;
  while (at < end && isDigit(bytes[at]!)) at++;
  if (at === whole) return false;
  if (at === end) return true;
  const fraction = at + 1;
  if (bytes[at] !== DOT || fraction === end) return false;
  for (at = fraction; at < end; at++) if (!isDigit(bytes[at]!)) return false;
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
