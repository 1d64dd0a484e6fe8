import { Buffer } from 'node:buffer';
import type { GapRecord } from '@org/market-data';
import { recordPayload, type BatchRecord, type BookSnapshotRecord } from '@org/storage';
import { putNumeric } from './cells.ts';
import { FIELD_BYTES, type RowOwner } from './message-rows.ts';
import { beginArray, endArray } from './numeric-array.ts';
import { NO_DAY, type TableRows } from './table-rows.ts';

const US_PER_MS = 1000;
const BYTES_PER_CHARACTER_MAX = 3;
/** Longest text of what is wrong with a record. */
const PROBLEM_CHARACTERS_MAX = 1000;

/** Writes the row of a gap. */
export function writeGap(rows: TableRows, gap: GapRecord, owner: RowOwner): void {
  const start = rows.length;
  const characters = gap.stream.length + gap.reason.length + gap.healedBy.length;
  rows.begin(
    FIELD_BYTES * rows.table.columns.length + owner.symbol.length + BYTES_PER_CHARACTER_MAX * characters,
  );
  rows.putBytes(owner.symbol, 0, owner.symbol.length);
  rows.putText(gap.stream);
  rows.putText(gap.reason);
  putOptional(rows, gap.lastId);
  putOptional(rows, gap.nextId);
  putOptionalTime(rows, gap.lastTimeUs);
  putOptionalTime(rows, gap.nextTimeUs);
  rows.putTime(gap.detectedAtUs);
  rows.putInteger(gap.line);
  rows.putText(gap.healedBy);
  rows.end(start, owner.stream, owner.receivedAtUs, owner.receivedAtUs);
}

/** Writes the row of a book snapshot. */
export function writeBook(rows: TableRows, book: BookSnapshotRecord, owner: RowOwner): void {
  const start = rows.length;
  const numbers = [...book.bids, ...book.asks].flat();
  const characters = numbers.reduce((sum, text) => sum + text.length, 0);
  rows.begin(
    FIELD_BYTES * (rows.table.columns.length + numbers.length + 4) + owner.symbol.length + characters,
  );
  rows.putBytes(owner.symbol, 0, owner.symbol.length);
  rows.putTime(owner.receivedAtUs);
  putOptionalTime(rows, book.eventTimeMs === undefined ? undefined : book.eventTimeMs * US_PER_MS);
  rows.putInteger(book.lastUpdateId);
  putSide(rows, book.bids);
  putSide(rows, book.asks);
  rows.end(start, owner.stream, owner.receivedAtUs, owner.receivedAtUs);
}

/** Writes what could not become rows, as it came. */
export function writeRejected(rows: TableRows, record: BatchRecord, problem: string, timeUs: number): void {
  writeRefused(rows, { stream: record.stream, problem, payload: recordPayload(record), timeUs });
}

export interface Refused {
  readonly stream: string;
  readonly problem: string;
  readonly payload: Buffer;
  /** Receipt, whole µs since the epoch; undefined where it is not known. */
  readonly timeUs: number | undefined;
}

export function writeRefused(rows: TableRows, { stream, problem, payload, timeUs }: Refused): void {
  const start = rows.length;
  const text = withoutNul(problem.slice(0, PROBLEM_CHARACTERS_MAX));
  const characters = stream.length + text.length;
  rows.begin(FIELD_BYTES * rows.table.columns.length + BYTES_PER_CHARACTER_MAX * characters + payload.length);
  putOptionalTime(rows, timeUs);
  rows.putText(withoutNul(stream));
  rows.putText(text);
  rows.putBytes(payload, 0, payload.length);
  rows.end(start, stream, NO_DAY, NO_DAY);
}

/** The one character that no text of PostgreSQL can hold. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', ' ');
}

function putOptional(rows: TableRows, value: number | undefined): void {
  if (value === undefined) rows.putNull();
  else rows.putInteger(value);
}

function putOptionalTime(rows: TableRows, timeUs: number | undefined): void {
  if (timeUs === undefined) rows.putNull();
  else rows.putTime(timeUs);
}

function putSide(rows: TableRows, levels: BookSnapshotRecord['bids']): void {
  const start = beginArray(rows, levels.length);
  for (const number of levels.flat()) {
    const bytes = Buffer.from(number);
    putNumeric(rows, 'level', bytes, 0, bytes.length);
  }
  endArray(rows, start);
}
