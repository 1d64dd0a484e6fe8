import type { Buffer } from 'node:buffer';
import { DepthRowError, excerpt } from './depth-row-error.ts';
import type { RawDepthDraft } from './raw-depth.ts';

const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const COLUMNS = 10;
/** Columns that all rows of a message share; side, price and quantity follow. */
const SHARED_COLUMNS = 7;
const INTEGER_DIGITS_MAX = 16;

/** Where the shared columns of a row end: offsets of the commas behind them. */
const ends = new Int32Array(SHARED_COLUMNS);

/**
 * Reads what all rows of a message share, from the row `bytes[start, end)` into `head`; returns the offset behind it.
 * Throws {@link DepthRowError}; `head` then holds nothing.
 */
export function readRowHead(bytes: Buffer, start: number, end: number, head: RawDepthDraft): number {
  splitColumns(bytes, start, end);
  const isDiff = readType(bytes) === 'diff';
  head.receivedAtUs = integer('local_time', bytes, start, ends[0]!);
  head.eventTimeMs = (isDiff ? integer : optionalInteger)('event_time', bytes, ends[0]! + 1, ends[1]!);
  head.transactionTimeMs = optionalInteger('transaction_time', bytes, ends[1]! + 1, ends[2]!);
  const first = (isDiff ? integer : optionalInteger)('first_update_id', bytes, ends[2]! + 1, ends[3]!);
  head.finalUpdateId = integer('final_update_id', bytes, ends[3]! + 1, ends[4]!);
  const previous = optionalInteger('prev_final_update_id', bytes, ends[4]! + 1, ends[5]!);
  head.type = isDiff ? 'diff' : 'snapshot';
  head.firstUpdateId = isDiff ? first! : head.finalUpdateId;
  head.previousFinalUpdateId = isDiff ? previous : undefined;
  return ends[6]! + 1;
}

function splitColumns(bytes: Buffer, start: number, end: number): void {
  let commas = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue;
    if (commas < SHARED_COLUMNS) ends[commas] = at;
    commas++;
  }
  if (commas !== COLUMNS - 1) throw new DepthRowError(`expected ${COLUMNS} columns, was ${commas + 1}`);
}

function readType(bytes: Buffer): 'diff' | 'snapshot' {
  const start = ends[5]! + 1;
  const end = ends[6]!;
  if (isWord(bytes, start, end, 'diff')) return 'diff';
  if (isWord(bytes, start, end, 'snapshot')) return 'snapshot';
  throw new DepthRowError(`expected update_type diff or snapshot, was ${excerpt(bytes, start, end)}`);
}

function isWord(bytes: Buffer, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word.charCodeAt(at)) return false;
  return true;
}

function integer(column: string, bytes: Buffer, start: number, end: number): number {
  const value = integerAt(bytes, start, end);
  // Beyond 2^53 the digits add up to a rounded value, which is not below it either.
  if (Number.isSafeInteger(value)) return value;
  throw new DepthRowError(`expected an integer in ${column}, was ${excerpt(bytes, start, end)}`);
}

function optionalInteger(column: string, bytes: Buffer, start: number, end: number): number | undefined {
  return start === end ? undefined : integer(column, bytes, start, end);
}

/** The integer `bytes[start, end)`, or NaN. */
function integerAt(bytes: Buffer, start: number, end: number): number {
  const isNegative = start < end && bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end === first || end - first > INTEGER_DIGITS_MAX) return NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! ^ ZERO;
    if (digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}
