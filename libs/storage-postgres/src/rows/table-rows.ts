import { Buffer } from 'node:buffer';
import type { Table } from '../schema/tables.ts';
import { writeInt64 } from './int64.ts';

const BYTES_AT_FIRST = 16 * 1024;
const ROWS_AT_FIRST = 256;
/** Memory that is kept when the rows are gone, for the next ones. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const DAY_US = 86_400_000_000;
/** 2000-01-01, from which PostgreSQL counts, in µs since the epoch. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;
/** How many days a row's own time may lie from its receipt for a partition to be made for it: REST repairs up to two. */
const DAYS_AWAY_MAX = 3;
const NULL_LENGTH = -1;

/** The day of rows that no partition is made for. */
export const NO_DAY = -1;

/** How far the rows of a table have come. */
export interface RowsMark {
  readonly length: number;
  readonly count: number;
}

/**
 * Rows of one table in the binary form of COPY (https://www.postgresql.org/docs/15/sql-copy.html), one behind the other.
 * Every `put…` writes a field into memory that `begin` or `reserve` has made room for.
 */
export class TableRows {
  readonly table: Table;
  bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
  view: DataView = viewOf(this.bytes);
  length = 0;
  count = 0;
  /** By row: where it begins, the UTC day (number since the epoch, {@link NO_DAY}) and the stream that it is of. */
  #starts = new Uint32Array(ROWS_AT_FIRST);
  #days = new Int32Array(ROWS_AT_FIRST);
  readonly #streams: string[] = [];
  #heldLength = 0;
  #heldCount = 0;

  constructor(table: Table) {
    this.table = table;
  }

  /** Makes room behind `length`. */
  reserve(byteLength: number): void {
    const needed = this.length + byteLength;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  /** Begins a row that needs at most `byteLength`. */
  begin(byteLength: number): void {
    this.reserve(byteLength + 2);
    this.view.setInt16(this.length, this.table.columns.length);
    this.length += 2;
  }

  /** Ends the row that `begin` began at `start`. `timeUs` is what it is partitioned by; both times are µs since the epoch. */
  end(start: number, stream: string, timeUs: number, receivedAtUs: number): void {
    if (this.count === this.#starts.length) this.#growRows();
    this.#starts[this.count] = start;
    this.#days[this.count] = dayOf(timeUs, receivedAtUs);
    this.#streams[this.count] = stream;
    this.count++;
  }

  putNull(): void {
    this.view.setInt32(this.length, NULL_LENGTH);
    this.length += 4;
  }

  putInteger(value: number): void {
    this.view.setInt32(this.length, 8);
    writeInt64(this.view, this.length + 4, value);
    this.length += 12;
  }

  /** A time, whole µs since the epoch. */
  putTime(timeUs: number): void {
    this.putInteger(timeUs - POSTGRES_EPOCH_US);
  }

  putFlag(value: boolean): void {
    this.view.setInt32(this.length, 1);
    this.bytes[this.length + 4] = value ? 1 : 0;
    this.length += 5;
  }

  putBytes(source: Uint8Array, start: number, end: number): void {
    this.view.setInt32(this.length, end - start);
    let at = this.length + 4;
    for (let from = start; from < end; from++) this.bytes[at++] = source[from]!;
    this.length = at;
  }

  /** Needs three bytes a character, and four. */
  putText(text: string): void {
    const written = this.bytes.write(text, this.length + 4);
    this.view.setInt32(this.length, written);
    this.length += 4 + written;
  }

  /** As {@link mark}, for {@link takeBack}: what happens before every record must make no object. */
  hold(): void {
    this.#heldLength = this.length;
    this.#heldCount = this.count;
  }

  takeBack(): void {
    this.restore({ length: this.#heldLength, count: this.#heldCount });
  }

  mark(): RowsMark {
    return { length: this.length, count: this.count };
  }

  /** Takes back what came since. */
  restore({ length, count }: RowsMark): void {
    this.length = length;
    this.count = count;
    this.#streams.length = count;
  }

  clear(): void {
    this.restore({ length: 0, count: 0 });
    if (this.bytes.length <= KEPT_BYTES_MAX) return;
    this.bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST);
    this.view = viewOf(this.bytes);
  }

  /** Takes away everything before a mark. */
  dropUntil({ length, count }: RowsMark): void {
    this.bytes.copyWithin(0, length, this.length);
    for (let row = count; row < this.count; row++) this.#starts[row - count] = this.#starts[row]! - length;
    this.#days.copyWithin(0, count, this.count);
    this.#streams.splice(0, count);
    this.length -= length;
    this.count -= count;
  }

  /** The bytes of rows `[from, to)`, in place. */
  slice(from: number, to: number): Buffer {
    return this.bytes.subarray(this.#startOf(from), this.#startOf(to));
  }

  streamOf(row: number): string {
    return this.#streams[row]!;
  }

  /** How many rows there are of each day. */
  days(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (let row = 0; row < this.count; row++) {
      const day = this.#days[row]!;
      counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    return counts;
  }

  #startOf(row: number): number {
    return row < this.count ? this.#starts[row]! : this.length;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  #growRows(): void {
    const starts = new Uint32Array(this.#starts.length * 2);
    const days = new Int32Array(starts.length);
    starts.set(this.#starts);
    days.set(this.#days);
    this.#starts = starts;
    this.#days = days;
  }
}

/** The day of a row; none where the exchange's time is so far from ours that one of them is wrong. */
function dayOf(timeUs: number, receivedAtUs: number): number {
  const isNear = Math.abs(timeUs - receivedAtUs) <= DAYS_AWAY_MAX * DAY_US;
  return isNear ? Math.floor(timeUs / DAY_US) : NO_DAY;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
