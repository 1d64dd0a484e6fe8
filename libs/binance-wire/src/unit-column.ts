/** Digits that a 32-bit integer holds, whatever they are: at most so many are read before and behind the point. */
const SHORT_DIGITS = 9;
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) =>
  Number(`1e${exponent}`),
);
const UNKNOWN = -1;

/**
 * How the numbers of a column, prices or quantities, become integers: the digits before the point times
 * one scale, plus those behind it times another. It is kept from message to
 * message, since nearly all numbers of a column have the same decimals.
 */
export class UnitColumn {
  /** Decimals of the unit: integers count 10^-decimals. */
  decimals = UNKNOWN;
  /** Digits behind the point in the numbers that were read last; -1 before the first. */
  partDigits = UNKNOWN;
  wholeDigitsMax = 0;
  wholeScale = 1;
  partScale = 1;
  partDivisor = 1;

  /** Sets the unit; numbers whose integers might not fit into a double are left to the general reader. */
  count(decimals: number): void {
    if (decimals === this.decimals) return;
    const isUsual = Number.isInteger(decimals) && decimals >= 0 && decimals < EXACT_DIGITS;
    this.decimals = decimals;
    this.partDigits = UNKNOWN;
    this.wholeDigitsMax = isUsual ? Math.min(SHORT_DIGITS, EXACT_DIGITS - decimals) : 0;
    this.wholeScale = isUsual ? POWERS_OF_TEN[decimals]! : 1;
  }

  /** Expects numbers with so many digits behind the point; false when they are too many for this column. */
  expect(partDigits: number): boolean {
    if (partDigits > SHORT_DIGITS || this.wholeDigitsMax === 0) return false;
    this.partDigits = partDigits;
    this.partScale = POWERS_OF_TEN[Math.max(0, this.decimals - partDigits)]!;
    this.partDivisor = POWERS_OF_TEN[Math.max(0, partDigits - this.decimals)]!;
    return true;
  }
}
