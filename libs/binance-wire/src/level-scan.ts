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

/** Lets the asks, `askIntegers` numbers that came first, and the bids behind them change places. */
function putBidsFirst(levels: Int32Array, askIntegers: number, allIntegers: number): void {
  const asks = levels.slice(0, askIntegers);
  levels.copyWithin(0, askIntegers, allIntegers);
  levels.set(asks, allIntegers - askIntegers);
}

/**
 * Reads one side, `[["price","quantity"],…]` at `open`, into the levels and its count, which must be
 * {@link UNSEEN} before; returns the offset after it. Two strings a level, blanks anywhere, are the plain form; a
 * level of bare numbers or with a third element is left to the strict reader.
 */
export function scanSide(bytes: Uint8Array, open: number, fields: FrameFields, isBid: boolean): number {
  const first = Math.max(0, isBid ? fields.askCount : fields.bidCount) * INTEGERS_PER_LEVEL;
  let levels = fields.levels;
  let next = first;
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] !== CLOSE) {
    if (next + INTEGERS_PER_LEVEL > levels.length) levels = fields.growLevels();
    if (bytes[at] === OPEN && bytes[at + 1] === QUOTE) at += 2;
    else {
      at = afterByte(bytes, at, OPEN);
      if (at === UNFAMILIAR || bytes[at++] !== QUOTE) return UNFAMILIAR;
    }
    const priceEnd = decimalEnd(bytes, at);
    if (priceEnd === UNFAMILIAR || bytes[priceEnd] !== QUOTE) return UNFAMILIAR;
    levels[next] = at;
    levels[next + 1] = priceEnd;
    if (bytes[priceEnd + 1] === COMMA && bytes[priceEnd + 2] === QUOTE) at = priceEnd + 3;
    else {
      at = afterByte(bytes, priceEnd + 1, COMMA);
      if (at === UNFAMILIAR || bytes[at++] !== QUOTE) return UNFAMILIAR;
    }
    const quantityEnd = decimalEnd(bytes, at);
    if (quantityEnd === UNFAMILIAR || bytes[quantityEnd] !== QUOTE) return UNFAMILIAR;
    levels[next + 2] = at;
    levels[next + 3] = quantityEnd;
    next += INTEGERS_PER_LEVEL;
    at = quantityEnd + 1;
    if (bytes[at] !== CLOSE) at = skipBlanks(bytes, at);
    if (bytes[at] !== CLOSE) return UNFAMILIAR;
    at++;
    if (bytes[at] !== COMMA) {
      at = skipBlanks(bytes, at);
      if (bytes[at] === CLOSE) break;
      if (bytes[at] !== COMMA) return UNFAMILIAR;
    }
    at++;
    // A comma promises a level: without this the loop would take `[…],]` for the end.
    if (bytes[at] === CLOSE) return UNFAMILIAR;
  }
  const count = (next - first) / INTEGERS_PER_LEVEL;
  if (isBid) fields.bidCount = count;
  else fields.askCount = count;
  if (isBid && first > 0) putBidsFirst(levels, first, next);
  return at + 1;
}
