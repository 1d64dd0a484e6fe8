import { Buffer } from 'node:buffer';
import { RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';

/** 2026-01-02T12:00:00Z */
export const NOON_US = Date.UTC(2026, 0, 2, 12) * 1000;
export const NOON_MS = NOON_US / 1000;
export const DAY_US = 86_400_000_000;

export interface TestRecord extends Partial<RecordMeta> {
  readonly payload: string | Buffer | object;
}

export function batchOf(...records: readonly TestRecord[]): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const { payload, ...meta } of records) {
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(textOf(payload));
    const defaults = { type: RECORD_TYPE.frame, stream: 'BTCUSDT@aggTrade', receivedAtUs: NOON_US, line: 0 };
    builder.append({ ...defaults, connectionId: 1, ...meta }, bytes);
  }
  return builder.take();
}

function textOf(payload: string | object): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

export function aggTrade(id: number | string, changes: object = {}): string {
  const data = {
    e: 'aggTrade', E: NOON_MS, a: '#', s: 'BTCUSDT', p: '60000.10', q: '0.500', nq: '0.250', f: 1, l: 2, T: NOON_MS - 1, m: true,
    ...changes,
  }; // prettier-ignore
  // Ids may be greater than JSON.stringify could write.
  return JSON.stringify({ stream: 'btcusdt@aggTrade', data }).replace('"#"', String(id));
}

export function trade(id: number, changes: object = {}): string {
  const data = {
    e: 'trade',
    E: NOON_MS,
    T: NOON_MS - 1,
    s: 'BTCUSDT',
    t: id,
    p: '60000.10',
    q: '0.500',
    X: 'MARKET',
    m: false,
  };
  return JSON.stringify({ stream: 'btcusdt@trade', data: { ...data, ...changes } });
}

export function depthDiff(finalId: number, changes: object = {}): string {
  const data = {
    e: 'depthUpdate', E: NOON_MS, T: NOON_MS - 1, s: 'BTCUSDT', U: finalId - 1, u: finalId, pu: finalId - 2,
    b: [['60000.10', '0.500'], ['59999.90', '0']], a: [['60000.20', '1.250']], ...changes,
  }; // prettier-ignore
  return JSON.stringify({ stream: 'btcusdt@depth@0ms', data });
}

export function bookTicker(id: number, changes: object = {}): string {
  const data = {
    e: 'bookTicker',
    u: id,
    s: 'BTCUSDT',
    b: '60000.10',
    B: '1.5',
    a: '60000.20',
    A: '2.5',
    T: NOON_MS - 1,
    E: NOON_MS,
  };
  return JSON.stringify({ stream: 'btcusdt@bookTicker', data: { ...data, ...changes } });
}

/** aggTrades with these ids. */
export function trades(...ids: readonly number[]): Buffer {
  return batchOf(...ids.map((id) => ({ payload: aggTrade(id), receivedAtUs: NOON_US + id })));
}
