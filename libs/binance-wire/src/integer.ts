const MINUS = 0x2d;
const ZERO = 0x30;
/** Digits that a 32-bit integer holds, whatever they are. */
const SHORT_DIGITS = 9;
const BILLION = 1_000_000_000;
/** Digits that are a safe integer, whatever they are. */
const SAFE_DIGITS = 15;
const NOT_DIGITS = -1;

/** The number of up to nine digits, gathered in a 32-bit integer, or {@link NOT_DIGITS}. */
function readShort(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    // A digit differs from '0', by exclusive or, in exactly its value.
    const digit = bytes[at]! ^ ZERO;
    if (digit > 9) return NOT_DIGITS;
    value = (value * 10 + digit) | 0;
  }
  return value;
}

/** The number of 10 to 18 digits, a double where it is beyond 2^53, or {@link NOT_DIGITS}. */
function readLong(bytes: Uint8Array, start: number, end: number): number {
  const high = readShort(bytes, start, end - SHORT_DIGITS);
  const low = readShort(bytes, end - SHORT_DIGITS, end);
  return high === NOT_DIGITS || low === NOT_DIGITS ? NOT_DIGITS : high * BILLION + low;
}

function readDigits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! ^ ZERO;
    if (digit > 9) return NOT_DIGITS;
    value = value * 10 + digit;
  }
  return value;
}

function readUnsigned(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits <= 0) return NOT_DIGITS;
  if (digits <= SHORT_DIGITS) return readShort(bytes, start, end);
  return digits <= 2 * SHORT_DIGITS ? readLong(bytes, start, end) : readDigits(bytes, start, end);
}

/**
 * The integer in `bytes[start, end)`, or NaN when the text is not digits (with a minus or without) or the value is
 * beyond 2^53 - 1: an id that a double cannot hold exactly must never be compared.
 */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const value = readUnsigned(bytes, isNegative ? start + 1 : start, end);
  if (value === NOT_DIGITS || value > Number.MAX_SAFE_INTEGER) return NaN;
  return isNegative ? 0 - value : value;
}

/** Whether {@link readInteger} would find one: for up to 15 digits this needs no arithmetic. */
export function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end - start > SAFE_DIGITS ? end : start;
  while (at < end && (bytes[at]! ^ ZERO) < 10) at++;
  const isPlain = at === end && end > start && end - start <= SAFE_DIGITS;
  return isPlain || !Number.isNaN(readInteger(bytes, start, end));
}
