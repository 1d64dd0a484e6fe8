import { UnitColumn } from './unit-column.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Answers instead of an offset: a level that the general reader must judge. */
export const UNUSUAL = -1;
/** … or one with other decimals than those before, which the columns expect from now on. */
const PAUSED = -2;

const NUMBERS_AT_FIRST = 4096;
/** Two numbers of a level take ten bytes of a frame at least: `["1","1"],`. */
const BYTES_PER_NUMBER = 5;

/** The levels of a message as integers, and in which units; used again for every message. */
export class UnitLevels {
  readonly prices = new UnitColumn();
  readonly quantities = new UnitColumn();
  /** Price and quantity by turns. */
  units: Float64Array = new Float64Array(NUMBERS_AT_FIRST);
  /** Where the next number goes. */
  next = 0;
  /** The bracket of the level at which reading paused. */
  paused = 0;

  /** Makes ready for a frame of so many bytes, with room for twice the numbers that these can hold. */
  begin(bytes: number, priceDecimals: number, quantityDecimals: number): void {
    this.next = 0;
    this.prices.count(priceDecimals);
    this.quantities.count(quantityDecimals);
    const room = Math.ceil((2 * bytes) / BYTES_PER_NUMBER);
    if (room > this.units.length) this.units = new Float64Array(2 * room);
  }

  /** Lets the first `first` numbers and those behind them change places. */
  swap(first: number): void {
    this.units.copyWithin(this.next, 0, first);
    this.units.copyWithin(0, first, this.next + first);
  }
}

/** Lets a column expect other decimals. That is not done between two levels: a call there slows down all of them. */
function pause(
  target: UnitLevels,
  column: UnitColumn,
  partDigits: number,
  next: number,
  level: number,
): number {
  target.next = next;
  target.paused = level;
  return column.expect(partDigits) ? PAUSED : UNUSUAL;
}

/**
 * Reads levels `["price","quantity"]`, without blanks, from the bracket at `open` to the end of the side, straight into
 * integers; returns the offset behind the side or {@link UNUSUAL}.
 *
 * It is one loop that reads each byte once. The digits before and behind the point are two short chains of 32-bit
 * integers, which is faster than one long one and holds 15 digits instead of nine. To read four characters at a time as
 * words was measured to take a sixth longer, and to find the point without a branch as long as this.
 */
// eslint-disable-next-line max-lines-per-function -- calls and loads of fields for each number take a fifth longer
function readLevels(bytes: Uint8Array, open: number, target: UnitLevels): number {
  const { prices, quantities, units } = target;
  const { wholeDigitsMax: priceMax, wholeScale: priceScale } = prices;
  const { wholeDigitsMax: quantityMax, wholeScale: quantityScale } = quantities;
  const { partDigits: pricePart, partScale: pricePartScale, partDivisor: priceDivisor } = prices;
  const { partDigits: quantityPart, partScale: quantityPartScale, partDivisor: quantityDivisor } = quantities;
  let next = target.next;
  let to = open;
  for (;;) {
    if (bytes[to] !== OPEN || bytes[to + 1] !== QUOTE) return UNUSUAL;
    const level = to;
    to += 2;
    let start = to;
    let whole = bytes[to]! ^ ZERO;
    if (whole > 9) return UNUSUAL;
    let digit = 0;
    digit = bytes[to + 1]! ^ ZERO;
    if (digit > 9) to += 1;
    else {
      whole = (Math.imul(whole, 10) + digit) | 0;
      digit = bytes[to + 2]! ^ ZERO;
      if (digit > 9) to += 2;
      else {
        whole = (Math.imul(whole, 10) + digit) | 0;
        digit = bytes[to + 3]! ^ ZERO;
        if (digit > 9) to += 3;
        else {
          whole = (Math.imul(whole, 10) + digit) | 0;
          digit = bytes[to + 4]! ^ ZERO;
          if (digit > 9) to += 4;
          else {
            whole = (Math.imul(whole, 10) + digit) | 0;
            to += 5;
            digit = bytes[to]! ^ ZERO;
            while (digit < 10) {
              whole = (Math.imul(whole, 10) + digit) | 0;
              digit = bytes[++to]! ^ ZERO;
            }
          }
        }
      }
    }
    if (to - start > priceMax) return UNUSUAL;
    let part = 0;
    let partDigits = 0;
    if (bytes[to] === DOT) {
      start = ++to;
      part = bytes[to]! ^ ZERO;
      if (part > 9) return UNUSUAL;
      digit = bytes[to + 1]! ^ ZERO;
      if (digit > 9) to += 1;
      else {
        part = (Math.imul(part, 10) + digit) | 0;
        digit = bytes[to + 2]! ^ ZERO;
        if (digit > 9) to += 2;
        else {
          part = (Math.imul(part, 10) + digit) | 0;
          to += 3;
          digit = bytes[to]! ^ ZERO;
          while (digit < 10) {
            part = (Math.imul(part, 10) + digit) | 0;
            digit = bytes[++to]! ^ ZERO;
          }
        }
      }
      partDigits = to - start;
    }
    if (partDigits !== pricePart) return pause(target, prices, partDigits, next, level);
    let partUnits = part * pricePartScale;
    if (priceDivisor !== 1) {
      partUnits /= priceDivisor;
      // A quotient of integers so small is whole only when nothing is left over.
      if (Math.floor(partUnits) !== partUnits) return UNUSUAL;
    }
    units[next] = whole * priceScale + partUnits;
    if (bytes[to] !== QUOTE || bytes[to + 1] !== COMMA || bytes[to + 2] !== QUOTE) return UNUSUAL;
    to += 3;
    start = to;
    whole = bytes[to]! ^ ZERO;
    if (whole > 9) return UNUSUAL;
    digit = bytes[to + 1]! ^ ZERO;
    if (digit > 9) to += 1;
    else {
      whole = (Math.imul(whole, 10) + digit) | 0;
      digit = bytes[to + 2]! ^ ZERO;
      if (digit > 9) to += 2;
      else {
        whole = (Math.imul(whole, 10) + digit) | 0;
        digit = bytes[to + 3]! ^ ZERO;
        if (digit > 9) to += 3;
        else {
          whole = (Math.imul(whole, 10) + digit) | 0;
          digit = bytes[to + 4]! ^ ZERO;
          if (digit > 9) to += 4;
          else {
            whole = (Math.imul(whole, 10) + digit) | 0;
            to += 5;
            digit = bytes[to]! ^ ZERO;
            while (digit < 10) {
              whole = (Math.imul(whole, 10) + digit) | 0;
              digit = bytes[++to]! ^ ZERO;
            }
          }
        }
      }
    }
    if (to - start > quantityMax) return UNUSUAL;
    part = 0;
    partDigits = 0;
    if (bytes[to] === DOT) {
      start = ++to;
      part = bytes[to]! ^ ZERO;
      if (part > 9) return UNUSUAL;
      digit = bytes[to + 1]! ^ ZERO;
      if (digit > 9) to += 1;
      else {
        part = (Math.imul(part, 10) + digit) | 0;
        digit = bytes[to + 2]! ^ ZERO;
        if (digit > 9) to += 2;
        else {
          part = (Math.imul(part, 10) + digit) | 0;
          to += 3;
          digit = bytes[to]! ^ ZERO;
          while (digit < 10) {
            part = (Math.imul(part, 10) + digit) | 0;
            digit = bytes[++to]! ^ ZERO;
          }
        }
      }
      partDigits = to - start;
    }
    if (partDigits !== quantityPart) return pause(target, quantities, partDigits, next, level);
    partUnits = part * quantityPartScale;
    if (quantityDivisor !== 1) {
      partUnits /= quantityDivisor;
      if (Math.floor(partUnits) !== partUnits) return UNUSUAL;
    }
    units[next + 1] = whole * quantityScale + partUnits;
    next += 2;
    if (bytes[to] !== QUOTE || bytes[to + 1] !== CLOSE) return UNUSUAL;
    if (bytes[to + 2] !== COMMA) break;
    to += 3;
  }
  target.next = next;
  return bytes[to + 2] === CLOSE ? to + 3 : UNUSUAL;
}

/**
 * Reads the side `[["price","quantity"],…]` at `open`; returns the offset behind it or {@link UNUSUAL}. There must be
 * room for all levels that the bytes can hold.
 */
export function readUnitSide(bytes: Uint8Array, open: number, target: UnitLevels): number {
  if (bytes[open] !== OPEN) return UNUSUAL;
  if (bytes[open + 1] === CLOSE) return open + 2;
  let after = readLevels(bytes, open + 1, target);
  while (after === PAUSED) after = readLevels(bytes, target.paused, target);
  return after;
}
