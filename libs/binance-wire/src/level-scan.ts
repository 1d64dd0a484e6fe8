import { scanCompactLevels } from './compact-levels.ts';
import type { FrameFields } from './frame-fields.ts';
import { INTEGERS_PER_LEVEL } from './frame-fields.ts';
import { afterByte, skipBlanks, UNFAMILIAR } from './json-token.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Offset after the plain unsigned decimal at `at`, or {@link UNFAMILIAR} when none stands there. */
export function decimalEnd(bytes: Uint8Array, at: number): number {
  // A byte is a digit when its difference to '0' by exclusive or is below ten: one comparison instead of two.
  let next = at;
  while ((bytes[next]! ^ ZERO) < 10) next++;
  if (next === at) return UNFAMILIAR;
  if (bytes[next] !== DOT) return next;
  const fraction = ++next;
  while ((bytes[next]! ^ ZERO) < 10) next++;
  return next === fraction ? UNFAMILIAR : next;
}

/** A side that has not been read yet; while a scan runs only. */
export const UNSEEN = -1;

/** Lets the first `first` numbers of an array, and those behind them, change places. */
function swap(numbers: Int32Array, first: number, all: number): void {
  const before = numbers.slice(0, first);
  numbers.copyWithin(0, first, all);
  numbers.set(before, all - first);
}

/**
 * Reads the level at `at`, whose offsets go to `next`: two strings, blanks anywhere. Returns the offset of the quote
 * behind the quantity.
 */
function scanLevel(bytes: Uint8Array, at: number, { levels }: FrameFields, next: number): number {
  const price = quoteEnd(bytes, at, OPEN);
  if (price < 0) return UNFAMILIAR;
  const priceEnd = decimalEnd(bytes, price);
  if (priceEnd < 0 || bytes[priceEnd] !== QUOTE) return UNFAMILIAR;
  const quantity = quoteEnd(bytes, priceEnd + 1, COMMA);
  if (quantity < 0) return UNFAMILIAR;
  const quantityEnd = decimalEnd(bytes, quantity);
  if (quantityEnd < 0 || bytes[quantityEnd] !== QUOTE) return UNFAMILIAR;
  levels[next] = price;
  levels[next + 1] = priceEnd;
  levels[next + 2] = quantity;
  levels[next + 3] = quantityEnd;
  return quantityEnd;
}

/** Offset after `byte` at `at` and the quote behind it. */
function quoteEnd(bytes: Uint8Array, at: number, byte: number): number {
  if (bytes[at] === byte && bytes[at + 1] === QUOTE) return at + 2;
  const quote = afterByte(bytes, at, byte);
  return quote < 0 || bytes[quote] !== QUOTE ? UNFAMILIAR : quote + 1;
}

/** Offset of what follows the level whose quantity ends at `quote`: the next level, or the bracket that ends the side. */
function afterLevel(bytes: Uint8Array, quote: number): number {
  const close = skipBlanks(bytes, quote + 1);
  if (bytes[close] !== CLOSE) return UNFAMILIAR;
  const at = skipBlanks(bytes, close + 1);
  if (bytes[at] === CLOSE) return at;
  if (bytes[at] !== COMMA) return UNFAMILIAR;
  // A comma promises a level: without this `[…],]` would pass for a whole side.
  const level = skipBlanks(bytes, at + 1);
  return bytes[level] === CLOSE ? UNFAMILIAR : level;
}

/**
 * Reads one side, `[["price","quantity"],…]` at `open`, into the levels and its count, which must be
 * {@link UNSEEN} before; returns the offset after it. Two strings a level, blanks anywhere, are the plain form; a
 * level of bare numbers or with a third element is left to the strict reader.
 */
export function scanSide(bytes: Uint8Array, open: number, fields: FrameFields, isBid: boolean): number {
  const first = Math.max(0, isBid ? fields.askCount : fields.bidCount) * INTEGERS_PER_LEVEL;
  let next = first;
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] !== CLOSE) {
    if (next + INTEGERS_PER_LEVEL > fields.levels.length) fields.growLevels();
    const end = scanCompactLevels(bytes, at, fields.levels, next);
    if (end > next) {
      next = end;
      at = fields.levels[end - 1]!;
    } else {
      at = scanLevel(bytes, at, fields, next);
      if (at < 0) return UNFAMILIAR;
      next += INTEGERS_PER_LEVEL;
    }
    at = afterLevel(bytes, at);
    if (at < 0) return UNFAMILIAR;
  }
  const count = (next - first) / INTEGERS_PER_LEVEL;
  if (isBid) fields.bidCount = count;
  else fields.askCount = count;
  if (isBid && first > 0) swap(fields.levels, first, next);
  return at + 1;
}
