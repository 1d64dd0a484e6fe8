/*
 * The binary form of `numeric` (numeric_send in PostgreSQL's src/backend/utils/adt/numeric.c, version 15): int16 number of
 * digits of base 10,000, int16 weight of the first, int16 sign, int16 decimals that are shown, then the digits.
 */

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NEGATIVE = 0x4000;
const HEAD_BYTES = 8;
const DIGIT_BYTES = 2;
const GROUP = 4;
const POWERS = [1, 10, 100, 1000] as const;

/** Longest text of a number. PostgreSQL takes 16,383 decimals; nothing that an exchange sends comes near this. */
export const NUMBER_CHARACTERS_MAX = 1000;
export const NOT_A_NUMBER = -1;

/** Room that {@link writeNumeric} needs for a text of so many characters. */
export function numericBytesMax(characters: number): number {
  return HEAD_BYTES + DIGIT_BYTES * (2 + characters / GROUP);
}

/**
 * Writes the plain decimal `bytes[start, end)` at `at`, digit for digit with its trailing zeros; returns the offset behind
 * it, or {@link NOT_A_NUMBER} when the text is none.
 */
export function writeNumeric(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const isNegative = bytes[start] === MINUS;
  const from = isNegative ? start + 1 : start;
  const dot = pointOf(bytes, from, end);
  if (dot < 0) return NOT_A_NUMBER;
  let weight = ((dot - from + 3) >> 2) - 1;
  let to = at + HEAD_BYTES;
  let last = to;
  for (let next = from; next < end;) {
    // Groups of four digits are counted from the point, so the first one may be shorter, and the last one lack zeros.
    const isWhole = next < dot;
    const length = isWhole
      ? ((dot - next - 1) & 3) + 1
      : Math.min(GROUP, end - next - (next === dot ? 1 : 0));
    if (next === dot) next++;
    const digit = groupAt(bytes, next, length) * (isWhole ? 1 : POWERS[GROUP - length]!);
    next += length;
    if (digit === 0 && to === at + HEAD_BYTES) {
      weight--;
      continue;
    }
    out.setInt16(to, digit);
    to += DIGIT_BYTES;
    if (digit !== 0) last = to;
  }
  const digits = (last - at - HEAD_BYTES) / DIGIT_BYTES;
  out.setInt16(at, digits);
  out.setInt16(at + 2, digits === 0 ? 0 : weight);
  out.setInt16(at + 4, isNegative && digits > 0 ? NEGATIVE : 0);
  out.setInt16(at + 6, dot === end ? 0 : end - dot - 1);
  return last;
}

/** Where the point stands, `end` without one; {@link NOT_A_NUMBER} unless digits stand before it, and behind it. */
function pointOf(bytes: Uint8Array, from: number, end: number): number {
  if (end - from > NUMBER_CHARACTERS_MAX) return NOT_A_NUMBER;
  const dot = digitsEnd(bytes, from, end);
  if (dot === from) return NOT_A_NUMBER;
  if (dot === end) return end;
  if (bytes[dot] !== DOT || dot + 1 === end || digitsEnd(bytes, dot + 1, end) !== end) return NOT_A_NUMBER;
  return dot;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at]! ^ ZERO) < 10) at++;
  return at;
}

function groupAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = at; index < at + length; index++) value = value * 10 + (bytes[index]! ^ ZERO);
  return value;
}
