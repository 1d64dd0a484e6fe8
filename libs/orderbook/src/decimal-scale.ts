import { DecimalError, DECIMALS_MAX, decimalsNeeded, NEEDS_MORE_DECIMALS, readUnits } from '@org/market-data';
import { OrderBookError } from './errors.ts';

/** Multiplies all that is held in this scale; throws, and changes nothing, when that would not be exact. */
export type Rescale = (factor: number) => void;

/**
 * How many decimals one unit stands for. The scale widens itself when a text needs more decimals: everything held is
 * multiplied, which is exact because it stays an integer below 2^53. It never narrows.
 */
export class DecimalScale {
  #decimals: number;
  readonly #rescale: Rescale;

  constructor(decimals: number, rescale: Rescale) {
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > DECIMALS_MAX) {
      throw new OrderBookError('OPTION_INVALID', `decimals: expected 0 to ${DECIMALS_MAX}, was ${decimals}`);
    }
    this.#decimals = decimals;
    this.#rescale = rescale;
  }

  get decimals(): number {
    return this.#decimals;
  }

  /** The decimal `bytes[start, end)` in units of this scale, which may have widened afterwards. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (!(start >= 0 && end <= bytes.length)) throw outside(start, end, bytes.length);
    const units = readUnits(bytes, start, end, this.#decimals);
    return units === NEEDS_MORE_DECIMALS ? this.#readWider(bytes, start, end) : units;
  }

  /** Like `read`, but never widens: undefined for a decimal that is no whole number of these units. */
  find(bytes: Uint8Array, start: number, end: number): number | undefined {
    const units = readUnits(bytes, start, end, this.#decimals);
    if (units !== NEEDS_MORE_DECIMALS) return units;
    readUnits(bytes, start, end, decimalsWithin(bytes, start, end));
    return undefined;
  }

  #readWider(bytes: Uint8Array, start: number, end: number): number {
    const needed = decimalsWithin(bytes, start, end);
    // Read before widening: a text that turns out to be malformed must not change the scale.
    const units = readUnits(bytes, start, end, needed);
    this.#rescale(Number(`1e${needed - this.#decimals}`));
    this.#decimals = needed;
    return units;
  }
}

function outside(start: number, end: number, length: number): DecimalError {
  return new DecimalError('', `a range within ${length} bytes, was ${start} to ${end}`);
}

function decimalsWithin(bytes: Uint8Array, start: number, end: number): number {
  const needed = decimalsNeeded(bytes, start, end);
  if (needed <= DECIMALS_MAX) return needed;
  throw new DecimalError(
    String.fromCharCode(...bytes.subarray(start, end)),
    `at most ${DECIMALS_MAX} decimals`,
  );
}
