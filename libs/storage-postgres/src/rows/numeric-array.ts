import type { TableRows } from './table-rows.ts';

/*
 * The binary form of `numeric[][]` (array_send in PostgreSQL's src/backend/utils/adt/arrayfuncs.c, version 15): int32 number
 * of dimensions, int32 whether there are nulls, int32 type of the elements, then int32 length and int32 lower bound of
 * each dimension, then the elements.
 */

/** Fixed in every server (pg_type.dat). */
const NUMERIC_TYPE = 1700;
const DIMENSIONS = 2;
const NUMBERS_PER_LEVEL = 2;
const LENGTH_BYTES = 4;

/** Begins an array of so many pairs; returns where it begins. Needs three fields' room. */
export function beginArray(rows: TableRows, pairs: number): number {
  const start = rows.length;
  rows.length += LENGTH_BYTES;
  // An array without elements has no dimensions.
  if (pairs === 0) putIntegers(rows, [0, 0, NUMERIC_TYPE]);
  else putIntegers(rows, [DIMENSIONS, 0, NUMERIC_TYPE, pairs, 1, NUMBERS_PER_LEVEL, 1]);
  return start;
}

export function endArray(rows: TableRows, start: number): void {
  rows.view.setInt32(start, rows.length - start - LENGTH_BYTES);
}

function putIntegers(rows: TableRows, integers: readonly number[]): void {
  for (const integer of integers) {
    rows.view.setInt32(rows.length, integer);
    rows.length += LENGTH_BYTES;
  }
}
