import { OrderBookError } from './errors.ts';

/** Throws `LEVEL_MALFORMED` unless an array of `length` numbers holds that many levels. */
export function requireLevels(
  length: number,
  numbersPerLevel: number,
  bidCount: number,
  askCount: number,
): void {
  const areCounts =
    Number.isInteger(bidCount) && Number.isInteger(askCount) && bidCount >= 0 && askCount >= 0;
  if (areCounts && numbersPerLevel * (bidCount + askCount) <= length) return;
  const problem = `levels: expected ${numbersPerLevel} numbers for each of ${bidCount} bids and ${askCount} asks, was ${length}`;
  throw new OrderBookError('LEVEL_MALFORMED', problem);
}

const LAST = Number.MAX_SAFE_INTEGER;
const isUnits = (value: number): boolean => value >= 0 && value <= LAST && Math.floor(value) === value;

/** Throws `LEVEL_MALFORMED` unless all levels, ticks and units by turns, are integers from 0 below 2^53. */
export function requireIntegers(levels: Float64Array, bidCount: number, askCount: number): void {
  const end = 2 * (bidCount + askCount);
  for (let at = 0; at < end; at += 2) {
    const ticks = levels[at]!;
    const units = levels[at + 1]!;
    // Nearly all are integers of 32 bits, and that takes two comparisons less to see.
    const areSmall = (ticks | 0) === ticks && (units | 0) === units && (ticks | units) >= 0;
    if (!areSmall && !(isUnits(ticks) && isUnits(units))) refuse(levels, at >>> 1, bidCount);
  }
}

function refuse(levels: Float64Array, at: number, bidCount: number): never {
  const level = {
    side: at < bidCount ? 'bid' : 'ask',
    price: String(levels[2 * at]),
    quantity: String(levels[2 * at + 1]),
  } as const;
  const problem = `${level.side} level ${at}: expected ticks and units from 0 to 2^53 - 1, was ${level.price} x ${level.quantity}`;
  throw new OrderBookError('LEVEL_MALFORMED', problem, { level });
}
