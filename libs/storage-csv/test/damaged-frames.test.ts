import type { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { RECORD_TYPE } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import fc from 'fast-check';
import {
  aggTradeFrame,
  batchOf,
  depthFrame,
  filesBelow,
  frame,
  linesOf,
  newStore,
  NOON_US,
  temporaryFolder,
  type TestRecord,
} from './store.ts';

const folder = temporaryFolder();
const DAY = '2026-01-02';

const levels = [['63943.90', '46.371'], ['64000.00', '0.000'], ['100000.5', '7'], ['1', '0.00000001']]; // prettier-ignore
const snapshot = { lastUpdateId: 7, E: 5, T: 4, bids: levels, asks: levels };
const kline = {
  e: 'kline', E: 5, s: 'BTCUSDT', k: { t: 1, T: 2, s: 'BTCUSDT', i: '1m', f: 1, L: 2, o: '1.5', c: '2', h: '3', l: '1', v: '9', n: 3, x: true, q: '4', V: '5', Q: '6', B: '0' },
}; // prettier-ignore
const trade = { e: 'trade', E: 5, T: 4, s: 'BTCUSDT', t: 3, p: '1.25', q: '2', X: 'MARKET', m: false };

/** What a journal could hold, and the row that it must become if it becomes one. */
const SOURCES: readonly (TestRecord & { readonly payload: string })[] = [
  { stream: 'BTCUSDT@depth@0ms', payload: depthFrame(9, levels, levels, { st: 1 }) },
  { stream: 'BTCUSDT@depth@0ms', payload: JSON.stringify(snapshot), type: RECORD_TYPE.depthSnapshot },
  { stream: 'BTCUSDT@aggTrade', payload: aggTradeFrame(1, { nq: '-1' }) },
  { stream: 'BTCUSDT@kline_1m', payload: frame(kline) },
  { stream: 'BTCUSDT@trade', payload: frame(trade) },
];

const NUMBER = '-?[0-9.\\-]+';
const PLAIN = '\\d+(\\.\\d+)?';
const WORD = '\\w[\\w .:/-]*';
const FLAG = '(true|false)';
/** Rows as they may be: as many cells as the header has names, each of its kind. */
const ROWS: Readonly<Record<string, RegExp>> = {
  depth: new RegExp(`^${NOON_US}(,(${NUMBER})?){5},(diff|snapshot),((bid|ask),${PLAIN},${PLAIN}|,,)$`),
  aggtrade: new RegExp(`^(${NUMBER},){6}${FLAG},(${NUMBER})?,${NUMBER},${NOON_US},ws$`),
  kline: new RegExp(`^(${NUMBER},){12}${WORD},${FLAG},(${NUMBER},){3}${NOON_US}$`),
  trade: new RegExp(`^(${NUMBER},){4}${FLAG},(${WORD})?,${NUMBER},${NOON_US}$`),
};

const damage = fc.tuple(
  fc.constantFrom('replace', 'drop', 'add', 'cut', 'double'),
  fc.nat(),
  fc.nat(30),
  fc.oneof(fc.constantFrom(...Array.from('{}[]",:\\0-.=+@\n\r\u0000', (c) => c.charCodeAt(0))), fc.nat(255)),
);

function damaged(bytes: number[], [kind, position, length, byte]: readonly [string, number, number, number]) {
  const at = position % (bytes.length + 1);
  if (kind === 'replace') return bytes.with(Math.min(at, bytes.length - 1), byte);
  if (kind === 'drop') return bytes.toSpliced(at, 1);
  if (kind === 'add') return bytes.toSpliced(at, 0, byte);
  if (kind === 'cut') return bytes.toSpliced(at, length);
  return bytes.toSpliced(at, 0, ...bytes.slice(at, at + length));
}

const record = fc
  .tuple(fc.constantFrom(...SOURCES), fc.array(damage, { maxLength: 3 }))
  .map(([source, changes]): TestRecord => {
    let bytes = [...globalThis.Buffer.from(source.payload)];
    for (const change of changes) if (bytes.length > 0) bytes = damaged(bytes, change);
    return { ...source, payload: globalThis.Buffer.from(bytes) };
  });

/** The batch in memory of its own, without a byte behind it that a copy by words could read. */
function alone(batch: Buffer): Buffer {
  return globalThis.Buffer.from(new Uint8Array(batch).buffer);
}

async function storedFiles(records: readonly TestRecord[]) {
  const outputDir = newStore(folder);
  const sink = new CsvSink({ outputDir });
  await sink.open();
  await sink.append(alone(batchOf(...records)), 1);
  await sink.close();
  return { outputDir, stats: sink.stats() };
}

it('never become a broken row, whatever happened to the bytes', async () => {
  let rows = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 60, maxLength: 60 }), async (records) => {
      const { outputDir, stats } = await storedFiles(records);
      let stored = 0;
      for (const [kind, row] of Object.entries(ROWS)) {
        const path = `BTCUSDT/${kind}_${DAY}.csv`;
        if (!filesBelow(outputDir).includes(path)) continue;
        const [, ...lines] = linesOf(join(outputDir, path));
        for (const line of lines) if (!row.test(line)) throw new Error(`a row of ${kind}: ${line}`);
        stored += lines.length;
      }
      expect(stored).toBe(stats.rows);
      expect(stats.records).toBe(records.length);
      rows += stored;
    }),
    { numRuns: 25 },
  );
  expect(rows).toBeGreaterThan(1000); // the damage leaves enough rows for this to mean something
});

it('become the rows that were sent, whatever the lengths of heads, prices and quantities', async () => {
  const digits = fc.nat(15).map((length) => '9'.repeat(length + 1));
  const decimal = fc.oneof(
    digits,
    fc.tuple(digits, digits).map((parts) => parts.join('.')),
  );
  const time = fc.oneof(fc.constantFrom(0, 9, 10, 99_999_999, 100_000_000, Number.MAX_SAFE_INTEGER), fc.maxSafeNat()); // prettier-ignore
  const side = fc.array(fc.tuple(decimal, decimal), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(side, side, time, fc.nat(2 ** 40), async (bids, asks, receivedAtUs, u) => {
      const stream = 'BTCUSDT@depth@0ms';
      const payload = depthFrame(u, bids, asks, { T: undefined });
      const { outputDir } = await storedFiles([{ stream, payload, receivedAtUs: receivedAtUs }]);
      const [path] = filesBelow(outputDir);
      const [, ...lines] = linesOf(join(outputDir, path!));
      const head = `${receivedAtUs},5,,${u - 1},${u},${u - 2},diff,`;
      const expected = [
        ...bids.map(([price, quantity]) => `${head}bid,${price},${quantity}`),
        ...asks.map(([price, quantity]) => `${head}ask,${price},${quantity}`),
      ];
      expect(lines).toEqual(expected.length === 0 ? [`${head},,`] : expected);
    }),
    { numRuns: 60 },
  );
});
