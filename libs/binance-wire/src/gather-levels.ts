import type { FrameFields } from './frame-fields.ts';

const OFFSETS_PER_LEVEL = 4;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Digits that a 32-bit integer holds, whatever they are. */
const DIGITS_MAX = 9;

/**
 * As `scanCompactLevels`, and gathers the digits of each number on the way: in an integer register this costs a fifth of
 * the time, and to read them again later would cost as much as the scan. They count where the number has as many decimals
 * as the first of its column in the message; elsewhere -1 stands in their place.
 */
export function gatherCompactLevels(
  bytes: Uint8Array,
  at: number,
  fields: FrameFields,
  first: number,
): number {
  if (fields.priceDecimals < 0) expectDecimals(bytes, at, fields);
  const { levels, digits, priceDecimals, quantityDecimals } = fields;
  const priceMax = priceDecimals === 0 ? DIGITS_MAX : DIGITS_MAX + 1;
  const quantityMax = quantityDecimals === 0 ? DIGITS_MAX : DIGITS_MAX + 1;
  const last = levels.length - OFFSETS_PER_LEVEL;
  let to = at;
  for (let next = first; next <= last; next += OFFSETS_PER_LEVEL) {
    if (bytes[to] !== OPEN || bytes[to + 1] !== QUOTE) return next;
    const price = to + 2;
    to = price;
    let decimals = 0;
    let priceDigits = 0;
    // A byte is a digit when its difference to '0' by exclusive or, which is its value, is below ten.
    let digit = bytes[to]! ^ ZERO;
    if (digit > 9) return next;
    do {
      priceDigits = (Math.imul(priceDigits, 10) + digit) | 0;
      digit = bytes[++to]! ^ ZERO;
    } while (digit < 10);
    if (bytes[to] === DOT) {
      const fraction = ++to;
      digit = bytes[to]! ^ ZERO;
      if (digit > 9) return next;
      do {
        priceDigits = (Math.imul(priceDigits, 10) + digit) | 0;
        digit = bytes[++to]! ^ ZERO;
      } while (digit < 10);
      decimals = to - fraction;
    }
    if (decimals !== priceDecimals || to - price > priceMax) priceDigits = -1;
    const priceEnd = to;
    if (bytes[to] !== QUOTE || bytes[to + 1] !== COMMA || bytes[to + 2] !== QUOTE) return next;
    const quantity = to + 3;
    to = quantity;
    decimals = 0;
    let quantityDigits = 0;
    digit = bytes[to]! ^ ZERO;
    if (digit > 9) return next;
    do {
      quantityDigits = (Math.imul(quantityDigits, 10) + digit) | 0;
      digit = bytes[++to]! ^ ZERO;
    } while (digit < 10);
    if (bytes[to] === DOT) {
      const fraction = ++to;
      digit = bytes[to]! ^ ZERO;
      if (digit > 9) return next;
      do {
        quantityDigits = (Math.imul(quantityDigits, 10) + digit) | 0;
        digit = bytes[++to]! ^ ZERO;
      } while (digit < 10);
      decimals = to - fraction;
    }
    if (decimals !== quantityDecimals || to - quantity > quantityMax) quantityDigits = -1;
    if (bytes[to] !== QUOTE || bytes[to + 1] !== CLOSE) return next;
    levels[next] = price;
    levels[next + 1] = priceEnd;
    levels[next + 2] = quantity;
    levels[next + 3] = to;
    digits[next >> 1] = priceDigits;
    digits[(next >> 1) + 1] = quantityDigits;
    if (bytes[to + 2] !== COMMA) return next + OFFSETS_PER_LEVEL;
    to += 3;
  }
  return levels.length;
}

/** Takes the decimals of the level at `open` for those of all levels of the message. */
function expectDecimals(bytes: Uint8Array, open: number, fields: FrameFields): void {
  const price = open + 2;
  const priceEnd = quoteAt(bytes, price);
  const quantity = priceEnd + 3;
  fields.priceDecimals = decimalsOf(bytes, price, priceEnd);
  fields.quantityDecimals = decimalsOf(bytes, quantity, quoteAt(bytes, quantity));
}

function quoteAt(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at++;
  return at;
}

function decimalsOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === DOT) return end - at - 1;
  return 0;
}
