import { Buffer } from 'node:buffer';
import type { GapReason, GapRecord } from '@org/market-data';
import {
  readRecordBatch,
  RECORD_TYPE,
  RecordBatchBuilder,
  type RecordMeta,
  type RecordType,
} from '@org/storage';
import type { MergeEntry, StreamMerge } from '@org/continuity';

export const DEPTH = 'BTCUSDT@depth@0ms';
export const TRADES = 'BTCUSDT@aggTrade';
export const TICKER = 'BTCUSDT@bookTicker';
export const KLINE = 'BTCUSDT@kline_1m';
export const MINUTE_MS = 60_000;

/** A moment that tests count from, milliseconds since the epoch. */
export const START_MS = 1_790_000_040_000;

export interface TestRecord {
  readonly meta: RecordMeta;
  readonly payload: string;
}

/** What comes out, easy to compare. */
export interface StoredRecord {
  readonly meta: RecordMeta;
  readonly text: string;
}

export function record(
  type: RecordType,
  stream: string,
  atMs: number,
  payload: string,
  extra: Partial<RecordMeta> = {},
): TestRecord {
  const receivedAtUs = (START_MS + atMs) * 1000;
  return { meta: { type, stream, receivedAtUs, line: 0, connectionId: 1, ...extra }, payload };
}

export type Level = readonly [price: string, quantity: string];

/** A depth event from `pu` to `u`, as USD-M futures send it. */
export function depth(
  pu: number,
  u: number,
  atMs: number,
  extra: Partial<RecordMeta> = {},
  bids: readonly Level[] = [],
) {
  const levels = JSON.stringify(bids);
  const data = `{"e":"depthUpdate","E":${START_MS + atMs},"s":"BTCUSDT","U":${pu + 1},"u":${u},"pu":${pu},"b":${levels},"a":[]}`;
  const payload = `{"stream":"btcusdt@depth@0ms","data":${data}}`;
  return record(RECORD_TYPE.frame, DEPTH, atMs, payload, { order: u, follows: pu, ...extra });
}

export function aggTrade(a: number, atMs: number, extra: Partial<RecordMeta> = {}) {
  const payload = `{"e":"aggTrade","E":${START_MS + atMs},"a":${a}}`;
  return record(RECORD_TYPE.frame, TRADES, atMs, payload, { order: a, follows: a - 1, ...extra });
}

export function ticker(u: number, atMs: number, extra: Partial<RecordMeta> = {}) {
  return record(RECORD_TYPE.frame, TICKER, atMs, `{"e":"bookTicker","u":${u}}`, { order: u, ...extra });
}

/** An update of the bar `bars` after the first one. */
export function kline(
  bar: number,
  isClosed: boolean,
  atMs: number,
  extra: Partial<RecordMeta> = {},
  intervalMs = MINUTE_MS,
) {
  const open = barTime(bar, intervalMs);
  const E = START_MS + atMs;
  const k = `{"t":${open},"T":${open + intervalMs - 1},"s":"BTCUSDT","i":"1m","x":${isClosed}}`;
  return record(RECORD_TYPE.frame, KLINE, atMs, `{"e":"kline","E":${E},"s":"BTCUSDT","k":${k}}`, {
    order: E,
    ...extra,
  });
}

/** Open time of a bar. */
export function barTime(bar: number, intervalMs = MINUTE_MS): number {
  return START_MS + bar * intervalMs;
}

/** A row of `GET /fapi/v1/klines`. */
export function barRow(bar: number): readonly unknown[] {
  return [barTime(bar), '1', '2', '0', '1', '9', barTime(bar) + MINUTE_MS - 1, '9', 3, '4', '4', '0'];
}

export function doubt(stream: string, atMs: number, reason: GapReason, isEnd = false) {
  return record(RECORD_TYPE.doubt, stream, atMs, JSON.stringify({ reason, isEnd }));
}

export function tick(atMs: number) {
  return record(RECORD_TYPE.tick, '', atMs, '');
}

export function restRows(stream: string, atMs: number, rows: unknown) {
  return record(RECORD_TYPE.restRows, stream, atMs, JSON.stringify(rows), { connectionId: 0 });
}

export function batch(...records: readonly TestRecord[]): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const { meta, payload } of records) builder.append(meta, Buffer.from(payload));
  return builder.take();
}

export function entry(lane: string, epoch: number, ...records: readonly TestRecord[]): MergeEntry {
  return { lane, epoch, payload: batch(...records) };
}

/** The records of a batch; of nothing, none. */
export function recordsOf(bytes: Buffer | undefined): StoredRecord[] {
  const records: StoredRecord[] = [];
  if (bytes === undefined) return records;
  readRecordBatch(bytes, ({ type, stream, receivedAtUs, line, connectionId, order, follows, ...place }) => {
    const text = place.bytes.toString('utf8', place.payloadStart, place.payloadEnd);
    records.push({ meta: { type, stream, receivedAtUs, line, connectionId, order, follows }, text });
  });
  return records;
}

/** Gap rows in a batch. */
export function gapsOf(records: readonly StoredRecord[]): GapRecord[] {
  return records
    .filter(({ meta }) => meta.type === RECORD_TYPE.gap)
    .map(({ text }) => JSON.parse(text) as GapRecord);
}

/** Takes the entries, and gives each record that comes out in short: its order, or the gap as `reason last>next`. */
export function outcome(merge: StreamMerge, ...entries: readonly MergeEntry[]): (number | string)[] {
  return entries.flatMap((one) => recordsOf(merge.take(one)).map(inShort));
}

export function inShort({ meta, text }: StoredRecord): number | string {
  if (meta.type === RECORD_TYPE.gap) {
    const { reason, lastId, nextId, healedBy } = JSON.parse(text) as GapRecord;
    return `${reason} ${lastId}>${nextId ?? ''}${healedBy === '' ? '' : ` ${healedBy}`}`;
  }
  if (meta.type === RECORD_TYPE.restRows) return `rows ${text}`;
  return meta.order ?? text;
}
