import { holdsText, isWordAt, RowProblem } from '@org/storage';
import { safeInteger, writeIntegerText } from './int64.ts';
import { NOT_A_NUMBER, writeNumeric } from './numeric.ts';
import type { TableRows } from './table-rows.ts';

/* Fields whose text stands somewhere in memory. Each throws a RowProblem that names the field when the text is not one. */

const US_PER_MS = 1000;
/** Later times, of 2255, are no safe integers in µs. */
const TIME_MS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / US_PER_MS);
const SHOWN_CHARACTERS = 80;

export type CellType = 'numeric' | 'bigint' | 'timestamptz' | 'boolean' | 'text';

export function putCell(
  rows: TableRows,
  type: CellType,
  name: string,
  { bytes, start, end }: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
): void {
  switch (type) {
    case 'numeric':
      return putNumeric(rows, name, bytes, start, end);
    case 'bigint':
      return putInteger(rows, name, bytes, start, end);
    case 'timestamptz':
      return rows.putTime(readTimeUs(name, bytes, start, end));
    case 'boolean':
      return putFlag(rows, name, bytes, start, end);
    case 'text':
      if (!isWordAt(bytes, start, end)) throw problem(name, 'a word', bytes, start, end);
      return rows.putBytes(bytes, start, end);
  }
}

export function putNumeric(
  rows: TableRows,
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const at = rows.length + 4;
  const behind = writeNumeric(rows.view, at, bytes, start, end);
  if (behind === NOT_A_NUMBER) throw problem(name, 'a number', bytes, start, end);
  rows.view.setInt32(rows.length, behind - at);
  rows.length = behind;
}

export function putInteger(
  rows: TableRows,
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (!writeIntegerText(rows.view, rows.length + 4, bytes, start, end))
    throw problem(name, 'an integer of 64 bits', bytes, start, end);
  rows.view.setInt32(rows.length, 8);
  rows.length += 12;
}

/** A time in ms since the epoch, as µs. */
export function readTimeUs(name: string, bytes: Uint8Array, start: number, end: number): number {
  const timeMs = safeInteger(bytes, start, end);
  if (!(timeMs >= 0 && timeMs <= TIME_MS_MAX))
    throw problem(name, 'a time in ms before the year 2255', bytes, start, end);
  return timeMs * US_PER_MS;
}

function putFlag(rows: TableRows, name: string, bytes: Uint8Array, start: number, end: number): void {
  const isTrue = holdsText(bytes, start, end, 'true');
  if (!isTrue && !holdsText(bytes, start, end, 'false'))
    throw problem(name, 'true or false', bytes, start, end);
  rows.putFlag(isTrue);
}

function problem(name: string, expected: string, bytes: Uint8Array, start: number, end: number): RowProblem {
  const shown = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + SHOWN_CHARACTERS)));
  return new RowProblem(`expected ${expected} for "${name}", was ${JSON.stringify(shown)}`);
}
