import { StorageParquetError } from './errors.ts';

/** Digits that the values of a column have at most, before and behind the point; zeros that say nothing may be counted. */
export interface DecimalDigits {
  readonly integer: number;
  readonly fraction: number;
}

/** How the decimals of a column are read and stored. */
export interface DecimalType {
  /** In which texts are read: 18 digits where they are enough, since reading wider ones takes 15 times as long. */
  readonly read: string;
  readonly stored: string;
  /** Whether sums cannot overflow. */
  readonly isSummable: boolean;
}

const NARROW_DIGITS = 18;
const DIGITS_MAX = 38;
const FRACTION = 8;
const WIDE_FRACTION = 18;
/** Of both stored types that are in use, so that a union of them is the wider one. */
const INTEGER_MAX = 20;

/** 10 digits and 8: enough for what exchanges send. */
export const USUAL_DIGITS: DecimalDigits = { integer: NARROW_DIGITS - FRACTION, fraction: FRACTION };

/** Whether the usual type holds them. */
export function isUsual({ integer, fraction }: DecimalDigits): boolean {
  return integer <= USUAL_DIGITS.integer && fraction <= USUAL_DIGITS.fraction;
}

/**
 * The type of a column. It is DECIMAL(28,8) as far as that is possible, because files of one kind should have one type, and
 * because DuckDB multiplies two of them exactly, where it overflows with two of 18 digits; else DECIMAL(38,18), else as
 * many digits behind the point as are needed. Throws `DECIMAL_TOO_WIDE`.
 */
export function decimalType(column: string, digits: DecimalDigits): DecimalType {
  const { integer, fraction } = digits;
  if (integer + fraction > DIGITS_MAX) {
    const problem = `expected at most ${DIGITS_MAX} digits in ${column}, was ${integer} before and ${fraction} behind the point`;
    throw new StorageParquetError('DECIMAL_TOO_WIDE', '', problem);
  }
  const stored = storedType(digits);
  if (isUsual(digits)) return { read: `DECIMAL(${NARROW_DIGITS},${FRACTION})`, stored, isSummable: true };
  if (integer + fraction <= NARROW_DIGITS)
    return { read: `DECIMAL(${NARROW_DIGITS},${fraction})`, stored, isSummable: true };
  return { read: stored, stored, isSummable: false };
}

function storedType({ integer, fraction }: DecimalDigits): string {
  if (integer > INTEGER_MAX || fraction > WIDE_FRACTION) return `DECIMAL(${DIGITS_MAX},${fraction})`;
  return fraction > FRACTION
    ? `DECIMAL(${DIGITS_MAX},${WIDE_FRACTION})`
    : `DECIMAL(${INTEGER_MAX + FRACTION},${FRACTION})`;
}
