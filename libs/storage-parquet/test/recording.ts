import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_TYPE, RecordBatchBuilder, type RecordType } from '@org/storage';
import { closedDays, CsvSink, fileHeader, nodeFileSystem, packDay } from '@org/storage-csv';

export const DATE = '2026-01-02';
export const SYMBOL = 'BTCUSDT';
/** 2026-01-02T12:00:00Z */
export const NOON_MS = Date.UTC(2026, 0, 2, 12);
const DAY_MS = 86_400_000;

/** A folder of the tests of the file, removed after them. */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeAll(() => void (folder.path = mkdtempSync(join(tmpdir(), 'storage-parquet-'))));
  afterAll(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

let stores = 0;

/** The path of a new output folder below. */
export function newStore(folder: { readonly path: string }): string {
  return join(folder.path, `store-${++stores}`);
}

export function csv(kind: string, rows: readonly string[]): string {
  return [fileHeader(kind)!, ...rows, ''].join('\n');
}

/** Writes CSV files of the day and packs them, as the recorder does. */
export async function sealedDay(
  outputDir: string,
  files: Readonly<Record<string, string>>,
  compression: 'gzip' | 'none' = 'gzip',
): Promise<string> {
  const folder = join(outputDir, SYMBOL);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  await packAll(outputDir, Object.keys(files).map((name) => `${SYMBOL}/${name}`), compression); // prettier-ignore
  return folder;
}

async function packAll(
  outputDir: string,
  paths: readonly string[],
  compression: 'gzip' | 'none',
): Promise<void> {
  const options = {
    fileSystem: nodeFileSystem,
    outputDir,
    token: 'test',
    compression,
    recorderVersion: '1.0.0',
  };
  for (const day of closedDays(paths)) {
    const outcomes = await packDay(day, options);
    expect(outcomes.filter(({ result }) => result !== 'packed')).toEqual([]);
  }
}

/** Lets a test change a file in place and seal it again, so that only what it says is wrong. */
export function reseal(folder: string, name: string, content: Buffer): void {
  writeFileSync(join(folder, name), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(join(folder, `${name}.CHECKSUM`), `${sha256}  ${name}\n`);
}

export interface TestRecord {
  readonly stream: string;
  readonly type?: RecordType;
  readonly receivedAtMs: number;
  readonly payload: object;
}

/** Records through the sink, closes the day and packs it; nothing is packed when `isLeftOpen`. */
export async function record(
  outputDir: string,
  records: readonly TestRecord[],
  isLeftOpen = false,
): Promise<void> {
  const sink = new CsvSink({ outputDir });
  const { position } = await sink.open();
  const batch = new RecordBatchBuilder(1024);
  for (const { stream, type = RECORD_TYPE.frame, receivedAtMs, payload } of records) {
    const meta = { stream, receivedAtUs: receivedAtMs * 1000, line: 0, connectionId: 1 };
    batch.append({ type, ...meta }, Buffer.from(JSON.stringify(payload)));
  }
  await sink.append(batch.take(), position + 1);
  await sink.commit('');
  if (!isLeftOpen) {
    const closed = await sink.closeFiles({ nowUs: (NOON_MS + 2 * DAY_MS) * 1000, isEnding: true });
    await packAll(outputDir, closed, 'gzip');
    await sink.packed(closed);
  }
  await sink.close();
}

/** One record of every stream that the recorder knows, and one of each of its reports. */
export function everyStream(count: number): readonly TestRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const E = NOON_MS + index * 10;
    const at = { receivedAtMs: E + 3 };
    const frame = (stream: string, data: object): TestRecord => ({
      ...at,
      stream: `${SYMBOL}@${stream}`,
      payload: { stream: `btcusdt@${stream}`, data: { E, s: SYMBOL, ...data } },
    });
    const u = 5_000_000_000_000 + 10 * index;
    const k = { t: E, T: E + 59_999, s: SYMBOL, i: '1m', f: 2 * index, L: 2 * index + 1, o: '60000.10', c: '60000.2', h: '60001', l: '59999.5', v: '12.500', n: 2, x: true, q: '750000.12345678', V: '0.5', Q: '4.5', B: '0' }; // prettier-ignore
    const o = { s: SYMBOL, S: 'SELL', o: 'LIMIT', f: 'IOC', q: '0.014', p: '9910', ap: '9910', X: 'FILLED', l: '0.014', z: '0.014', T: E }; // prettier-ignore
    const book = { symbol: SYMBOL, lastUpdateId: u, eventTimeMs: E, bids: [['60000.1', '1']], asks: [['60000.2', '0.001']] }; // prettier-ignore
    const gap = { stream: `${SYMBOL}@depth@0ms`, reason: 'reconnect', lastId: u, nextId: u + 9, lastTimeUs: E * 1000, nextTimeUs: E * 1000 + 1, detectedAtUs: E * 1000, line: 0, healedBy: '' }; // prettier-ignore
    return [
      frame('depth@0ms', { e: 'depthUpdate', T: E - 1, U: u - 9, u, pu: u - 10, b: [['60000.10', `0.00${index % 10}`]], a: [['60001.00', '0.000']] }), // prettier-ignore
      frame('aggTrade', { e: 'aggTrade', a: 7_000_000_000 + index, p: '60000.10', q: '0.010', f: index, l: index, T: E - 1, m: index % 2 === 0 }), // prettier-ignore
      frame('bookTicker', { e: 'bookTicker', u, b: '60000.10', B: '1.5', a: '60000.20', A: '0.001', T: E }),
      frame('trade', { e: 'trade', t: 9_000_000_000 + index, p: '60000.10', q: '0.010', X: 'MARKET', T: E, m: true }), // prettier-ignore
      frame('markPrice@1s', { e: 'markPriceUpdate', p: '60000.12345678', i: '60000.1', P: '60000.3', r: '-0.00010000', T: NOON_MS }), // prettier-ignore
      frame('kline_1m', { e: 'kline', k }),
      frame('forceOrder', { e: 'forceOrder', o }),
      frame('ticker', { e: '24hrTicker', p: '-1.5', P: '-0.01', w: '60000.11', c: '60000', Q: '0.1', o: '60001.5', h: '61000', l: '59000', v: '123456.789', q: '98765432109.87654321', O: E, C: E, F: 1, L: 2, n: 2 }), // prettier-ignore
      frame('miniTicker', { e: '24hrMiniTicker', c: '60000', o: '60001.5', h: '61000', l: '59000', v: '123456.789', q: '98765432109.87654321' }), // prettier-ignore
      { ...at, stream: `${SYMBOL}@depth@0ms`, type: RECORD_TYPE.bookSnapshot, payload: book },
      { ...at, stream: `${SYMBOL}@depth@0ms`, type: RECORD_TYPE.gap, payload: gap },
    ];
  }).flat();
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
