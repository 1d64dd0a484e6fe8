import { readLevelUnits } from '@org/market-data';
import { INTEGERS_PER_LEVEL, type FrameFields } from './frame-fields.ts';
import { locateLevels } from './locate-levels.ts';

/** Digits that a double holds exactly, whatever they are; of those that are gathered there are at most nine. */
const EXACT_DIGITS = 15;
const GATHERED_DIGITS = 9;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) =>
  Number(`1e${exponent}`),
);

/** Whether numbers with `has` decimals, in units of 10^-`wanted`, are exact. */
function canScale(has: number, wanted: number): boolean {
  return has >= 0 && Math.abs(wanted - has) <= EXACT_DIGITS - GATHERED_DIGITS;
}

/** Reads one level from the bytes; returns whether no more decimals are needed. */
function readFromBytes(
  fields: FrameFields,
  level: number,
  priceDecimals: number,
  quantityDecimals: number,
  out: Float64Array,
): boolean {
  const offsets = fields.levels.subarray(level * INTEGERS_PER_LEVEL, (level + 1) * INTEGERS_PER_LEVEL);
  const units = out.subarray(2 * level);
  return readLevelUnits(fields.bytes, offsets, 1, priceDecimals, quantityDecimals, units) === 1;
}

/** How the gathered digits of both columns become units: by a factor and, where decimals go, by a divisor. */
interface Scales {
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly priceDivisor: number;
  readonly quantityDivisor: number;
}

function scalesOf(fields: FrameFields, priceDecimals: number, quantityDecimals: number): Scales {
  return {
    priceScale: POWERS_OF_TEN[Math.max(0, priceDecimals - fields.priceDecimals)]!,
    quantityScale: POWERS_OF_TEN[Math.max(0, quantityDecimals - fields.quantityDecimals)]!,
    priceDivisor: POWERS_OF_TEN[Math.max(0, fields.priceDecimals - priceDecimals)]!,
    quantityDivisor: POWERS_OF_TEN[Math.max(0, fields.quantityDecimals - quantityDecimals)]!,
  };
}

/** Scales levels from `first` on; returns the first that was not gathered or is not whole, or `levels`. */
function scaleGathered(
  { digits }: FrameFields,
  first: number,
  levels: number,
  scales: Scales,
  out: Float64Array,
): number {
  const { priceScale, quantityScale, priceDivisor, quantityDivisor } = scales;
  const divides = priceDivisor * quantityDivisor > 1;
  for (let level = first; level < levels; level++) {
    const price = digits[2 * level]!;
    const quantity = digits[2 * level + 1]!;
    if ((price | quantity) < 0) return level;
    let priceUnits = price * priceScale;
    let quantityUnits = quantity * quantityScale;
    if (divides) {
      priceUnits /= priceDivisor;
      quantityUnits /= quantityDivisor;
      // A quotient of integers so small is whole only when nothing is left over.
      if (Math.floor(priceUnits) !== priceUnits || Math.floor(quantityUnits) !== quantityUnits) return level;
    }
    out[2 * level] = priceUnits;
    out[2 * level + 1] = quantityUnits;
  }
  return levels;
}

/**
 * Reads all levels of the last scan, bids before asks, into `out` as price and quantity by turns, in units of
 * `10^-priceDecimals` and `10^-quantityDecimals`. The fastest way from a frame to integers when the fields gather digits;
 * without these it is `readLevelUnits` of @org/market-data.
 *
 * Returns how many levels were read before one needed more decimals: `bidCount + askCount` when none did. Behind them
 * nothing is promised in `out`, which has room for two numbers a level. Throws `DecimalError` for 2^53 units or more.
 */
export function readFrameUnits(
  fields: FrameFields,
  priceDecimals: number,
  quantityDecimals: number,
  out: Float64Array,
): number {
  locateLevels(fields);
  const levels = fields.bidCount + fields.askCount;
  const isGathered =
    canScale(fields.priceDecimals, priceDecimals) && canScale(fields.quantityDecimals, quantityDecimals);
  if (!isGathered)
    return readLevelUnits(fields.bytes, fields.levels, levels, priceDecimals, quantityDecimals, out);
  const scales = scalesOf(fields, priceDecimals, quantityDecimals);
  for (let level = 0; ; level++) {
    level = scaleGathered(fields, level, levels, scales, out);
    if (level === levels) return levels;
    if (!readFromBytes(fields, level, priceDecimals, quantityDecimals, out)) return level;
  }
}
