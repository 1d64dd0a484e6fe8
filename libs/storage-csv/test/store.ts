import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';

/** Recordings that nobody in this project wrote; tests over them are skipped where they are absent. */
export const recordings = resolve('../shared/data');
export const withRecordings = existsSync(recordings) ? it : it.skip;

/** A folder of the tests of the file: made before them, and only if any of them runs, and removed after them. */
export function temporaryFolder(): string {
  const folder = join(tmpdir(), `storage-csv-${randomUUID()}`);
  beforeAll(() => void mkdirSync(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let stores = 0;

/** The path of a new store, which does not exist yet. */
export function newStore(folder: string): string {
  return join(folder, `store-${++stores}`, 'data');
}

/** 2026-01-02T12:00:00Z */
export const NOON_US = Date.UTC(2026, 0, 2, 12) * 1000;

export interface TestRecord extends Partial<RecordMeta> {
  readonly payload: string | Buffer | object;
}

export function batchOf(...records: readonly TestRecord[]): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const { payload, ...meta } of records) {
    const bytes =
      typeof payload === 'string' || Buffer.isBuffer(payload)
        ? Buffer.from(payload)
        : Buffer.from(JSON.stringify(payload));
    const defaults = {
      type: RECORD_TYPE.frame,
      stream: 'BTCUSDT@aggTrade',
      receivedAtUs: NOON_US,
      line: 0,
      connectionId: 1,
    };
    builder.append({ ...defaults, ...meta }, bytes);
  }
  return builder.take();
}

/** The combined-stream envelope of an event. */
export function frame(data: object, stream = 'btcusdt@any'): string {
  return JSON.stringify({ stream, data });
}

export function aggTradeFrame(id: number, more: object = {}): string {
  return frame({
    e: 'aggTrade',
    E: 5,
    a: id,
    s: 'BTCUSDT',
    p: '60000.10',
    q: '0.010',
    f: id,
    l: id,
    T: 4,
    m: true,
    ...more,
  });
}

export function depthFrame(
  u: number,
  bids: readonly unknown[] = [['1.0', '2']],
  asks: readonly unknown[] = [],
  more = {},
): string {
  return frame({
    e: 'depthUpdate',
    E: 5,
    T: 4,
    s: 'BTCUSDT',
    U: u - 1,
    u,
    pu: u - 2,
    b: bids,
    a: asks,
    ...more,
  });
}

/** A file's lines; fails when the last one is not finished. */
export function linesOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  if (text === '') return [];
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

/** Rows as objects by column name; none of a file that is empty. */
export function rowsOf(path: string): Record<string, string>[] {
  const [header, ...rows] = linesOf(path);
  const names = header?.split(',') ?? [];
  return rows.map((row) => {
    const cells = row.split(',');
    if (cells.length !== names.length) throw new Error(`${path}: ${cells.length} cells in ${row}`);
    return Object.fromEntries(names.map((name, index) => [name, cells[index]!]));
  });
}

/** Every file below a folder, with paths relative to it, hidden ones left out. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Runs an async iterable to its end. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
