import { GAP_REASONS, isSymbol, type GapRecord } from '@org/market-data';
import type { BookSnapshotRecord } from '@org/storage';
import { createArrayCsvStringifier } from 'csv-writer';
import { RowProblem } from './row-problem.ts';

const GAPS = [
  'stream',
  'reason',
  'last_id',
  'next_id',
  'last_time',
  'next_time',
  'detected_at',
  'line',
  'healed_by',
];
const ORDERBOOK = ['local_time', 'event_time', 'last_update_id', 'side', 'level', 'price', 'quantity'];

export const GAPS_HEADER = GAPS.join(',');
export const ORDERBOOK_HEADER = ORDERBOOK.join(',');

const gapsStringifier = createArrayCsvStringifier({ header: GAPS });
const orderbookStringifier = createArrayCsvStringifier({ header: ORDERBOOK });

type ReportCell = string | number | undefined;

const DECIMAL = /^\d+(?:\.\d+)?$/;
/** Free text of the recorder itself: no control characters, and no start that a spreadsheet takes for a formula. */
const NOTE = /^(?![=+\-@])[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$/u;

/** The row of a gap record. Throws {@link RowProblem} when the JSON is not one. */
export function gapRow(json: string): string {
  return formatGap(parseObject(json));
}

/** The row of a gap. Throws {@link RowProblem} when a value cannot stand in it. */
export function formatGap(gap: Partial<GapRecord>): string {
  if (!GAP_REASONS.some((reason) => reason === gap.reason)) throw problem('reason', gap.reason);
  const row: ReportCell[] = [
    note('stream', gap.stream),
    gap.reason,
    optionalInteger('lastId', gap.lastId),
    optionalInteger('nextId', gap.nextId),
    optionalInteger('lastTimeUs', gap.lastTimeUs),
    optionalInteger('nextTimeUs', gap.nextTimeUs),
    integer('detectedAtUs', gap.detectedAtUs),
    integer('line', gap.line),
    note('healedBy', gap.healedBy),
  ];
  return gapsStringifier.stringifyRecords([row]);
}

/** The block of rows of a book snapshot: bids from the touch down, then asks from the touch up. */
export function orderbookRows(
  json: string,
  symbol: string,
  localTime: string,
): { text: string; count: number } {
  const book = parseObject(json) as Partial<BookSnapshotRecord>;
  if (typeof book.symbol !== 'string' || !isSymbol(book.symbol) || book.symbol !== symbol)
    throw problem('symbol', book.symbol);
  const head = [
    localTime,
    optionalInteger('eventTimeMs', book.eventTimeMs),
    integer('lastUpdateId', book.lastUpdateId),
  ];
  const records = [...sideRows('bid', book.bids, head), ...sideRows('ask', book.asks, head)];
  return { text: orderbookStringifier.stringifyRecords(records), count: records.length };
}

function sideRows(side: 'bid' | 'ask', levels: unknown, head: readonly ReportCell[]): ReportCell[][] {
  if (!Array.isArray(levels)) throw problem(`${side}s`, levels);
  return levels.map((level: unknown, index) => {
    const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
    return [...head, side, index, decimal(`${side} price`, price), decimal(`${side} quantity`, quantity)];
  });
}

function parseObject(json: string): object {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new RowProblem('expected a JSON object');
  return value;
}

function integer(key: string, value: unknown): number {
  if (!Number.isSafeInteger(value)) throw problem(key, value);
  return value as number;
}

function optionalInteger(key: string, value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : integer(key, value);
}

function decimal(key: string, value: unknown): string {
  if (typeof value !== 'string' || !DECIMAL.test(value)) throw problem(key, value);
  return value;
}

/** Whether a text can stand in a cell for notes. */
export function isNote(text: string): boolean {
  return NOTE.test(text);
}

function note(key: string, value: unknown): string {
  if (typeof value !== 'string' || !isNote(value)) throw problem(key, value);
  return value;
}

function problem(key: string, value: unknown): RowProblem {
  return new RowProblem(`unexpected value for "${key}": ${JSON.stringify(value ?? null).slice(0, 80)}`);
}
