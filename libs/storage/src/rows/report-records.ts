import { GAP_REASONS, isSymbol, type GapRecord } from '@org/market-data';
import type { BookSnapshotRecord } from '../record.ts';
import { RowProblem } from './row-problem.ts';

/* The records that the recorder itself makes, read from their JSON and checked, value by value. */

const DECIMAL = /^\d+(?:\.\d+)?$/;
/** Free text of the recorder itself: no control characters, and no start that a spreadsheet takes for a formula. */
const NOTE = /^(?![=+\-@])[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$/u;

type Level = readonly [price: string, quantity: string];

/** Throws {@link RowProblem}, or a `SyntaxError`, when the JSON is no gap record. */
export function readGap(json: string): GapRecord {
  const gap = parseObject(json) as Partial<GapRecord>;
  const reason = GAP_REASONS.find((known) => known === gap.reason);
  if (reason === undefined) throw problem('reason', gap.reason);
  return {
    stream: note('stream', gap.stream),
    reason,
    lastId: optionalInteger('lastId', gap.lastId),
    nextId: optionalInteger('nextId', gap.nextId),
    lastTimeUs: optionalInteger('lastTimeUs', gap.lastTimeUs),
    nextTimeUs: optionalInteger('nextTimeUs', gap.nextTimeUs),
    detectedAtUs: integer('detectedAtUs', gap.detectedAtUs),
    line: integer('line', gap.line),
    healedBy: note('healedBy', gap.healedBy),
  };
}

/** Throws {@link RowProblem}, or a `SyntaxError`, when the JSON is no book snapshot of the symbol. */
export function readBookSnapshot(json: string, symbol: string): BookSnapshotRecord {
  const book = parseObject(json) as Partial<BookSnapshotRecord>;
  if (typeof book.symbol !== 'string' || !isSymbol(book.symbol) || book.symbol !== symbol)
    throw problem('symbol', book.symbol);
  return {
    symbol,
    eventTimeMs: optionalInteger('eventTimeMs', book.eventTimeMs),
    lastUpdateId: integer('lastUpdateId', book.lastUpdateId),
    bids: side('bid', book.bids),
    asks: side('ask', book.asks),
  };
}

function side(name: 'bid' | 'ask', levels: unknown): Level[] {
  if (!Array.isArray(levels)) throw problem(`${name}s`, levels);
  return levels.map((level: unknown): Level => {
    const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
    return [decimal(`${name} price`, price), decimal(`${name} quantity`, quantity)];
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
