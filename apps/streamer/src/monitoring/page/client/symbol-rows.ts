import type { BookTop, Observation, StreamStatus } from './recorder-status.ts';
import { secondsBetween } from './recorder-status.ts';

/** One line of the table of symbols. */
export interface SymbolRow {
  readonly symbol: string;
  readonly book: string;
  /** Undefined until there are two observations. */
  readonly eventsPerSecond: number | undefined;
  /** Of the stream that spoke last. */
  readonly ageMs: number | undefined;
  readonly bid: string | undefined;
  readonly ask: string | undefined;
  readonly spread: number | undefined;
  readonly gaps: number;
  /** What is wrong, by stream; empty when nothing is. */
  readonly alarms: string;
}

export type SymbolColumn = keyof SymbolRow;

/** A row a symbol, in the order of the recorder. */
export function symbolRows(before: Observation | undefined, after: Observation): SymbolRow[] {
  const seconds = secondsBetween(before?.status, after.status);
  const eventsBefore = new Map(before?.status.streams.map(({ stream, events }) => [stream, events]));
  const books = new Map(after.status.books.map(({ symbol, state }) => [symbol, state]));
  return [...bySymbol(after.status.streams)].map(([symbol, streams]) => ({
    symbol,
    book: books.get(symbol) ?? '',
    eventsPerSecond: seconds === 0 ? undefined : newEvents(streams, eventsBefore) / seconds,
    ageMs: youngest(streams),
    ...top(after.tops.get(symbol)),
    gaps: streams.reduce((total, { gaps }) => total + gaps, 0),
    alarms: streams
      .flatMap(({ stream, alarm }) => (alarm === null ? [] : `${streamOf(stream)}: ${alarm}`))
      .join(', '),
  }));
}

export interface RowOrder {
  readonly column: SymbolColumn;
  readonly isDescending: boolean;
}

/** In this order; rows that have no value come last, and equal ones by symbol. */
export function sortRows(rows: readonly SymbolRow[], { column, isDescending }: RowOrder): SymbolRow[] {
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((left, right) => {
    const a = sortValue(left, column);
    const b = sortValue(right, column);
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined) || bySymbolName(left, right);
    return sign * compare(a, b) || bySymbolName(left, right);
  });
}

export function filterRows(rows: readonly SymbolRow[], text: string, isTroubledOnly: boolean): SymbolRow[] {
  const wanted = text.trim().toUpperCase();
  return rows.filter(
    ({ symbol, gaps, alarms }) => symbol.includes(wanted) && (!isTroubledOnly || gaps > 0 || alarms !== ''),
  );
}

function bySymbol(streams: readonly StreamStatus[]): ReadonlyMap<string, StreamStatus[]> {
  const groups = new Map<string, StreamStatus[]>();
  for (const status of streams) {
    const symbol = status.stream.slice(0, status.stream.indexOf('@'));
    const group = groups.get(symbol);
    if (group === undefined) groups.set(symbol, [status]);
    else group.push(status);
  }
  return groups;
}

function newEvents(streams: readonly StreamStatus[], before: ReadonlyMap<string, number>): number {
  return streams.reduce((total, { stream, events }) => total + events - (before.get(stream) ?? 0), 0);
}

function youngest(streams: readonly StreamStatus[]): number | undefined {
  const ages = streams.flatMap(({ lastEventAgeMs }) => lastEventAgeMs ?? []);
  return ages.length === 0 ? undefined : Math.min(...ages);
}

function top(book: BookTop | undefined): Pick<SymbolRow, 'bid' | 'ask' | 'spread'> {
  const bid = book?.bid?.[0];
  const ask = book?.ask?.[0];
  const isWhole = bid !== undefined && ask !== undefined;
  return { bid, ask, spread: isWhole ? Number(ask) - Number(bid) : undefined };
}

function streamOf(key: string): string {
  return key.slice(key.indexOf('@') + 1);
}

const NUMERIC: ReadonlySet<SymbolColumn> = new Set(['bid', 'ask']);

function sortValue(row: SymbolRow, column: SymbolColumn): string | number | undefined {
  const value = row[column];
  if (value === undefined || value === '') return undefined;
  return NUMERIC.has(column) ? Number(value) : value;
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}

function bySymbolName(left: SymbolRow, right: SymbolRow): number {
  return compare(left.symbol, right.symbol);
}
