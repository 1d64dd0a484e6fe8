import type { IdRange } from './id-ranges.ts';

/** One row of a REST answer with the ids that it fills: one aggregate trade, or one bar from open to close time. */
export interface RestRow extends IdRange {
  readonly value: unknown;
}

/** Close time in a row of `GET /fapi/v1/klines` (developers.binance.com, seen 2026-11). */
const CLOSE_TIME_AT = 6;

/** Thrown for an answer that is not what the exchange sends. */
export class RestRowsError extends Error {
  constructor(problem: string, options?: { readonly cause?: unknown }) {
    super(`rest rows: ${problem}`, options);
    this.name = 'RestRowsError';
  }
}

/** The rows of an answer in ascending order, without bars that were still open, and how many of these there were. */
export function readRestRows(
  text: string,
  kind: 'aggtrade' | 'kline',
  receivedAtUs: number,
): { readonly rows: readonly RestRow[]; readonly openBars: number } {
  const all = parseArray(text).map((value) => (kind === 'kline' ? barRow(value) : tradeRow(value)));
  const receivedAtMs = Math.floor(receivedAtUs / 1000);
  const rows = all.filter((row) => kind === 'aggtrade' || row.to < receivedAtMs);
  return { rows: rows.sort((a, b) => a.from - b.from), openBars: all.length - rows.length };
}

function parseArray(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RestRowsError('no JSON', { cause });
  }
  if (!Array.isArray(parsed)) throw new RestRowsError(`expected an array, was ${typeof parsed}`);
  return parsed;
}

function tradeRow(value: unknown): RestRow {
  const id = (value as { readonly a?: unknown } | null)?.a;
  if (!isId(id)) throw new RestRowsError('expected an id "a" in every row');
  return { from: id, to: id, value };
}

function barRow(value: unknown): RestRow {
  const row: readonly unknown[] = Array.isArray(value) ? value : [];
  const from = row[0];
  const to = row[CLOSE_TIME_AT];
  if (!isId(from) || !isId(to) || to < from)
    throw new RestRowsError('expected open and close time in every row');
  return { from, to, value };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
