/**
 * Exact decimals: a price or quantity is an integer of units of 10^-decimals, held in a double that is used as an
 * integer only (below 2^53). No floating-point arithmetic ever decides a price.
 */

/** Most digits after the point that are accepted; Binance sends at most 8. */
export const DECIMALS_MAX = 18;

/** Returned by {@link readUnits} when the text needs more decimals than asked for. */
export const NEEDS_MORE_DECIMALS = -1;

export class DecimalError extends Error {
  readonly code = 'DECIMAL_INVALID';
  readonly text: string;

  constructor(text: string, expected: string) {
    super(`decimal ${JSON.stringify(text.slice(0, 80))}: expected ${expected}`);
    this.name = 'DecimalError';
    this.text = text;
  }
}

const DOT = 0x2e;
const ZERO = 0x30;

function fail(bytes: Uint8Array, start: number, end: number, expected: string): never {
  throw new DecimalError(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 80))), expected);
}

/**
 * Reads the plain decimal `bytes[start, end)` as an integer of units of `10^-decimals`.
 *
 * Returns {@link NEEDS_MORE_DECIMALS} when a digit other than zero stands beyond `decimals`; the caller widens its
 * scale and asks again. Throws {@link DecimalError} for text that is not a plain unsigned decimal, and for a value of
 * 2^53 units or more.
 */
export function readUnits(bytes: Uint8Array, start: number, end: number, decimals: number): number {
  let units = 0;
  let at = start;
  let digit = 0;
  for (; at < end; at++) {
    digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    units = units * 10 + digit;
  }
  if (at === start) fail(bytes, start, end, 'a digit first');
  let missing = decimals;
  if (at < end) {
    if (bytes[at] !== DOT || at + 1 === end) fail(bytes, start, end, 'digits, optionally a point and digits');
    for (at++; at < end; at++) {
      digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) fail(bytes, start, end, 'digits, optionally a point and digits');
      if (missing > 0) {
        units = units * 10 + digit;
        missing--;
      } else if (digit !== 0) return NEEDS_MORE_DECIMALS;
    }
  }
  for (; missing > 0; missing--) units *= 10;
  if (units > Number.MAX_SAFE_INTEGER) fail(bytes, start, end, `less than 2^53 units of 10^-${decimals}`);
  return units;
}

/** How many decimals `bytes[start, end)` needs: its digits after the point without trailing zeros. */
export function decimalsNeeded(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === ZERO) last--;
  for (let at = start; at < last; at++) if (bytes[at] === DOT) return last - at - 1;
  return 0;
}

/** One byte a character; a character that is no single byte becomes one that no decimal contains. */
function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = Math.min(text.charCodeAt(at), 0xff);
  return bytes;
}

/**
 * The decimal `text` as an integer of units of `10^-decimals`; exact or an error.
 *
 * @example decimalToUnits('63943.90', 2) // 6394390
 */
export function decimalToUnits(text: string, decimals: number): number {
  const bytes = toBytes(text);
  const units = readUnits(bytes, 0, bytes.length, decimals);
  if (units === NEEDS_MORE_DECIMALS) throw new DecimalError(text, `at most ${decimals} decimals`);
  return units;
}

/**
 * The text of `units` of `10^-decimals`, without trailing zeros and without exponent.
 *
 * @example unitsToDecimal(6394390, 2) // '63943.9'
 */
export function unitsToDecimal(units: number, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  const whole = digits.slice(0, -decimals);
  let last = digits.length;
  while (last > whole.length && digits.charCodeAt(last - 1) === ZERO) last--;
  return last === whole.length ? whole : `${whole}.${digits.slice(whole.length, last)}`;
}
