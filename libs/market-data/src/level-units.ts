import { NEEDS_MORE_DECIMALS, readUnits } from './decimal.ts';

const OFFSETS_PER_LEVEL = 4;
const DOT = 0x2e;
const ZERO = 0x30;
/** Digits that a 32-bit integer holds, whatever they are. */
const SHORT_DIGITS = 9;
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

/** Where the numbers of the levels stand. */
interface LevelTexts {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly levels: number;
}

/** What the numbers of a column have in common: how their digits become units. */
interface Column {
  /** Digits behind the point. */
  readonly fraction: number;
  /** Characters of a number at most. */
  readonly charactersMax: number;
  readonly scale: number;
  readonly divisor: number;
}

/** The column of numbers that look like `bytes[start, end)`. */
function columnOf(bytes: Uint8Array, start: number, end: number, decimals: number): Column {
  let point = end - 1;
  while (point > start && bytes[point] !== DOT) point--;
  const fraction = point > start ? end - point - 1 : 0;
  const scale = 10 ** Math.max(0, decimals - fraction);
  const divisor = 10 ** Math.max(0, fraction - decimals);
  const isExact = Math.abs(decimals - fraction) <= EXACT_DIGITS - SHORT_DIGITS;
  return { fraction, charactersMax: isExact ? SHORT_DIGITS + (fraction > 0 ? 1 : 0) : 0, scale, divisor };
}

/**
 * Reads levels from `first` on while their numbers look as expected; returns the first that does not, or `levels`.
 *
 * The digits are gathered in 32-bit integers, in one loop without calls: a double takes twice as long for each digit, and
 * a call as long as five of them.
 */
function readAlike(
  { bytes, offsets, levels }: LevelTexts,
  first: number,
  prices: Column,
  quantities: Column,
  out: Float64Array,
): number {
  const {
    fraction: priceFraction,
    charactersMax: priceMax,
    scale: priceScale,
    divisor: priceDivisor,
  } = prices;
  const { fraction, charactersMax, scale, divisor } = quantities;
  for (let level = first; level < levels; level++) {
    const offset = level * OFFSETS_PER_LEVEL;
    let at = offsets[offset]!;
    let end = offsets[offset + 1]!;
    if (end - at > priceMax) return level;
    let point = priceFraction === 0 ? end : end - priceFraction - 1;
    if (at >= point) return level;
    let digits = 0;
    for (; at < point; at++) {
      const digit = bytes[at]! ^ ZERO;
      if (digit > 9) return level;
      digits = (Math.imul(digits, 10) + digit) | 0;
    }
    if (at < end && bytes[at] !== DOT) return level;
    for (at++; at < end; at++) {
      const digit = bytes[at]! ^ ZERO;
      if (digit > 9) return level;
      digits = (Math.imul(digits, 10) + digit) | 0;
    }
    const price = (digits * priceScale) / priceDivisor;
    at = offsets[offset + 2]!;
    end = offsets[offset + 3]!;
    if (end - at > charactersMax) return level;
    point = fraction === 0 ? end : end - fraction - 1;
    if (at >= point) return level;
    digits = 0;
    for (; at < point; at++) {
      const digit = bytes[at]! ^ ZERO;
      if (digit > 9) return level;
      digits = (Math.imul(digits, 10) + digit) | 0;
    }
    if (at < end && bytes[at] !== DOT) return level;
    for (at++; at < end; at++) {
      const digit = bytes[at]! ^ ZERO;
      if (digit > 9) return level;
      digits = (Math.imul(digits, 10) + digit) | 0;
    }
    const quantity = (digits * scale) / divisor;
    // A quotient of integers so small is whole only when nothing is left over.
    if (Math.floor(price) !== price || Math.floor(quantity) !== quantity) return level;
    out[2 * level] = price;
    out[2 * level + 1] = quantity;
  }
  return levels;
}

/**
 * Reads `levels` levels, of four offsets each (price start, price end, quantity start, quantity end), into `out` as price
 * and quantity by turns, in units of `10^-priceDecimals` and `10^-quantityDecimals`. Exact: what is not of the usual
 * shape, nine digits at most and as many decimals as the level before, goes through {@link readUnits}.
 *
 * Returns how many levels were read before one needed more decimals; `levels` when none did. Behind them nothing is
 * promised in `out`, which has room for two numbers a level. Throws {@link DecimalError} as {@link readUnits} does.
 */
// eslint-disable-next-line max-params -- called once a message; each is something else
export function readLevelUnits(
  bytes: Uint8Array,
  offsets: Int32Array,
  levels: number,
  priceDecimals: number,
  quantityDecimals: number,
  out: Float64Array,
): number {
  const texts = { bytes, offsets, levels };
  for (let level = 0; level < levels; level++) {
    const offset = level * OFFSETS_PER_LEVEL;
    const priceStart = offsets[offset]!;
    const priceEnd = offsets[offset + 1]!;
    const start = offsets[offset + 2]!;
    const end = offsets[offset + 3]!;
    const prices = columnOf(bytes, priceStart, priceEnd, priceDecimals);
    const quantities = columnOf(bytes, start, end, quantityDecimals);
    const next = readAlike(texts, level, prices, quantities, out);
    if (next > level) {
      level = next - 1;
      continue;
    }
    const price = readUnits(bytes, priceStart, priceEnd, priceDecimals);
    if (price === NEEDS_MORE_DECIMALS) return level;
    const quantity = readUnits(bytes, start, end, quantityDecimals);
    if (quantity === NEEDS_MORE_DECIMALS) return level;
    out[2 * level] = price;
    out[2 * level + 1] = quantity;
  }
  return levels;
}
