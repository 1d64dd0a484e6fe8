import { INTEGERS_PER_LEVEL, type FrameFields } from './frame-fields.ts';
import { shapeOf } from './number-shape.ts';

/** Four characters `0`. */
const ZEROS = 0x30303030;
/** As the `carry` and `rest` of a shape of four digits. */
const SIXES = 0x06060606;
const UPPER_HALVES = 0xf0f0f0f0;
/** `","` between price and quantity, in the lower three bytes of a word. */
const BETWEEN = 0x222c22;
const THREE_BYTES = 0xffffff;
/** `"],[` behind a level that another one follows … */
const NEXT_LEVEL = 0x5b2c5d22;
const NEXT_LEVEL_BYTES = 5;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Bytes behind the start of a price that are read at most: price, `","`, quantity, `"],["`, and the rest of a word. */
const READ_MAX = 40;
/** Longest point and fraction of a quantity in a run: one word. */
const TAIL_MAX = 4;

/**
 * Reads levels `price","quantity"],["price…` from `at`, the first character of a price, for as long as they look like
 * the level before; returns where the offsets behind the last one would stand. Whatever looks different ends the run: it
 * is no verdict.
 */
export function scanLevelRun(fields: FrameFields, at: number, first: number): number {
  let start = at;
  let next = first;
  for (;;) {
    const end = scanAlike(fields, start, next);
    if (end > next) {
      const quantityEnd = fields.levels[end - 1]!;
      if (!isNextLevel(fields, quantityEnd)) return end;
      start = quantityEnd + NEXT_LEVEL_BYTES;
      next = end;
    }
    // A side goes from prices with few digits to others with more: this is no reason to end the run.
    const whole = wholeDigits(fields.bytes, start);
    const shape = whole === 0 ? undefined : shapeOf(whole, fields.priceShape.fractionDigits);
    if (shape === undefined || shape === fields.priceShape) return next;
    fields.priceShape = shape;
  }
}

/** Whether `"],["` stands there. */
function isNextLevel({ bytes }: FrameFields, at: number): boolean {
  return (
    bytes[at + 2] === COMMA && bytes[at + 1] === CLOSE && bytes[at + 3] === OPEN && bytes[at + 4] === QUOTE
  );
}

function wholeDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at]! ^ 0x30) < 10) at++;
  return at - start;
}

/**
 * The levels from `at` on whose prices have the expected shape.
 *
 * The shape is taken for granted and compared afterwards, so that the processor need not wait for the end of a price
 * before it reads on. Quantities differ in length; their point is found by counting, without a branch that could be
 * guessed wrong. On 18,000 recorded messages that takes half of the time of a loop over the characters.
 */
function scanAlike(fields: FrameFields, at: number, first: number): number {
  const { words, origin, levels, priceShape, tailShape } = fields;
  const {
    text0,
    text1,
    text2,
    carry0,
    carry1,
    carry2,
    rest0,
    rest1,
    rest2,
    length: priceLength,
  } = priceShape;
  const { text0: tailText, carry0: tailCarry, rest0: tailRest, length: tailLength } = tailShape;
  const isLong = priceLength > 8;
  const last = words.byteLength - READ_MAX;
  const end = levels.length - INTEGERS_PER_LEVEL;
  let next = first;
  let price = (at + origin) | 0;
  while (price <= last && next <= end) {
    const a = words.getInt32(price, true) ^ text0;
    const b = words.getInt32((price + 4) | 0, true) ^ text1;
    let wrong = (((a + carry0) | a) & rest0) | (((b + carry1) | b) & rest1);
    if (isLong) {
      const c = words.getInt32((price + 8) | 0, true) ^ text2;
      wrong |= ((c + carry2) | c) & rest2;
    }
    const priceEnd = (price + priceLength) | 0;
    wrong |= (words.getInt32(priceEnd, true) & THREE_BYTES) ^ BETWEEN;
    const quantity = (priceEnd + 3) | 0;
    let point = quantity;
    let whole = words.getInt32(point, true) ^ ZEROS;
    let notDigits = ((whole + SIXES) | whole) & UPPER_HALVES;
    wrong |= notDigits & 0xf0;
    if (notDigits === 0) {
      point = (point + 4) | 0;
      whole = words.getInt32(point, true) ^ ZEROS;
      notDigits = ((whole + SIXES) | whole) & UPPER_HALVES;
      if (notDigits === 0) break;
    }
    // The lowest bit that is set lies in the first byte that is no digit.
    point = (point + 3 - (Math.clz32(notDigits & -notDigits) >>> 3)) | 0;
    const tail = words.getInt32(point, true) ^ tailText;
    wrong |= ((tail + tailCarry) | tail) & tailRest;
    const quantityEnd = (point + tailLength) | 0;
    if (wrong !== 0 || words.getUint8(quantityEnd) !== QUOTE) break;
    levels[next] = price - origin;
    levels[(next + 1) | 0] = priceEnd - origin;
    levels[(next + 2) | 0] = quantity - origin;
    levels[(next + 3) | 0] = quantityEnd - origin;
    next = (next + INTEGERS_PER_LEVEL) | 0;
    if (words.getInt32(quantityEnd, true) !== NEXT_LEVEL) break;
    price = (quantityEnd + NEXT_LEVEL_BYTES) | 0;
    if (words.getUint8((price - 1) | 0) !== QUOTE) break;
  }
  return next;
}

/** Offset of the point in `bytes[start, end)`, or `end`. */
function pointIn(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === DOT) return at;
  return end;
}

/** Lets the next run expect levels that look like the one whose offsets stand at `level`. */
export function expectAlike(fields: FrameFields, level: number): void {
  const { bytes, levels } = fields;
  const priceEnd = levels[level + 1]!;
  const pricePoint = pointIn(bytes, levels[level]!, priceEnd);
  const shape = shapeOf(pricePoint - levels[level]!, Math.max(0, priceEnd - pricePoint - 1));
  if (shape !== undefined) fields.priceShape = shape;
  const quantityEnd = levels[level + 3]!;
  const quantityPoint = pointIn(bytes, levels[level + 2]!, quantityEnd);
  if (quantityEnd - quantityPoint > TAIL_MAX) return;
  fields.tailShape = shapeOf(0, Math.max(0, quantityEnd - quantityPoint - 1))!;
}
