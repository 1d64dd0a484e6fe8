const MINUS = 0x2d;
const ZERO = 0x30;

/**
 * The integer in `bytes[start, end)`, or NaN when the text is not digits (with a minus or without) or the value is
 * beyond 2^53 - 1: an id that a double cannot hold exactly must never be compared.
 */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  if (at >= end) return NaN;
  let value = 0;
  for (; at < end; at++) {
    // A digit differs from '0', by exclusive or, in exactly its value.
    const digit = bytes[at]! ^ ZERO;
    if (digit > 9) return NaN;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return NaN;
  return isNegative ? 0 - value : value;
}
