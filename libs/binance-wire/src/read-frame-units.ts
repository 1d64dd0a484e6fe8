import { readLevelUnits } from '@org/market-data';
import type { FrameFields } from './frame-fields.ts';
import { locateLevels } from './locate-levels.ts';

/**
 * Reads all levels of the last scan, bids before asks, into `out` as price and quantity by turns, in units of
 * `10^-priceDecimals` and `10^-quantityDecimals`; `scanDepthUnits` is the faster way for depth diffs.
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
  const { bytes, levels, bidCount, askCount } = fields;
  return readLevelUnits(bytes, levels, bidCount + askCount, priceDecimals, quantityDecimals, out);
}
