import { BinanceClientError } from '../errors.ts';
import type { BinanceRest, RequestOptions, RowsAnswer } from './binance-rest.ts';
import type { AggTradeRow, KlineRow } from './rest-schemas.ts';

export interface AggTradesRange extends RequestOptions {
  readonly symbol: string;
  /** Both inclusive. */
  readonly fromId: number;
  readonly toId: number;
}

export interface KlinesRange extends RequestOptions {
  readonly symbol: string;
  readonly interval: string;
  /** Open times of the first and the last bar, both inclusive, milliseconds since the epoch. */
  readonly fromOpenTimeMs: number;
  readonly toOpenTimeMs: number;
}

/** Takes the rows of one answer that are within the range, ascending. The next answer is asked for when it is done. */
export type TakeRows<Row> = (rows: readonly Row[]) => void | Promise<void>;

/** The most that one answer holds; costs the same weight as fewer. */
const AGG_TRADES_PAGE = 1000;
/** The most rows for a weight of 2 (USD-M and COIN-M; spot has one weight for all). */
const KLINES_PAGE = 499;

/**
 * Fetches all aggregate trades of a range of ids, page by page, and returns their number.
 *
 * Rejects with `ROWS_UNAVAILABLE` when the exchange does not have the next one: it keeps 48 h (since 2026-03), and the
 * newest come a moment later than on the stream. What `take` got before that is complete from `fromId` on.
 */
export function fetchAggTrades(
  rest: Pick<BinanceRest, 'aggTrades'>,
  { symbol, fromId, toId, ...options }: AggTradesRange,
  take: TakeRows<AggTradeRow>,
): Promise<number> {
  const ask = (next: number) =>
    rest.aggTrades({ ...options, symbol, fromId: next, limit: Math.min(AGG_TRADES_PAGE, toId - next + 1) });
  const range: Range<AggTradeRow> = {
    what: `aggregate trades of ${symbol}`, from: fromId, to: toId, ask, place: ({ a }) => a, isDense: true,
  }; // prettier-ignore
  return fetchRange(range, take);
}

/**
 * Fetches all bars of a range of open times, page by page, and returns their number. A bar that is still open is given
 * as it is; its close time tells.
 *
 * Rejects with `ROWS_UNAVAILABLE` when the exchange does not have the first or the last one. Bars between that it never
 * made, as in an outage, are not missed.
 */
export function fetchKlines(
  rest: Pick<BinanceRest, 'klines'>,
  { fromOpenTimeMs, toOpenTimeMs, ...query }: KlinesRange,
  take: TakeRows<KlineRow>,
): Promise<number> {
  const ask = (next: number) =>
    rest.klines({ ...query, startTimeMs: next, endTimeMs: toOpenTimeMs, limit: KLINES_PAGE });
  const range: Range<KlineRow> = {
    what: `bars of ${query.symbol} ${query.interval}`, from: fromOpenTimeMs, to: toOpenTimeMs, ask,
    place: ([openTime]) => openTime, isDense: false,
  }; // prettier-ignore
  return fetchRange(range, take);
}

interface Range<Row> {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly ask: (next: number) => Promise<RowsAnswer<Row>>;
  readonly place: (row: Row) => number;
  /** Every place has a row. */
  readonly isDense: boolean;
}

/** Each answer has to bring the range on by at least one place, so this ends. */
async function fetchRange<Row>(range: Range<Row>, take: TakeRows<Row>): Promise<number> {
  const { what, from, to } = range;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to || from < 0)
    throw new BinanceClientError('REQUEST_INVALID', `${what}: expected a range, was ${from} to ${to}`);
  let count = 0;
  for (let next = from; next <= to;) {
    const rows = rowsInRange(range, next, (await range.ask(next)).rows);
    const last = rows.at(-1);
    if (last === undefined) throw unavailable(range, next, 'none');
    await take(rows);
    count += rows.length;
    next = range.place(last) + 1;
  }
  return count;
}

function rowsInRange<Row>(range: Range<Row>, next: number, rows: readonly Row[]): readonly Row[] {
  const { place, isDense, from, to, what } = range;
  let before = next - 1;
  for (const row of rows) {
    const at = place(row);
    if (at <= before) {
      const message = `${what}: expected ascending rows from ${next} on, was ${at} after ${before}`;
      throw new BinanceClientError('ANSWER_MALFORMED', message);
    }
    if (at > before + 1 && (isDense || before + 1 === from)) throw unavailable(range, before + 1, at);
    before = at;
  }
  return rows.filter((row) => place(row) <= to);
}

function unavailable<Row>(
  { what, to }: Range<Row>,
  next: number,
  found: number | 'none',
): BinanceClientError {
  const message = `${what}: expected ${next} to ${to}, next was ${found}`;
  return new BinanceClientError('ROWS_UNAVAILABLE', message);
}
