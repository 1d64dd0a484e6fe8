import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { InfluxSink, isPassing } from '@org/storage-influx';
import {
  aggTrade,
  batchOf,
  countPoints,
  describeWithInflux,
  frame,
  influxServer,
  NOON_MS,
  NOON_US,
  query,
  type Row,
  withSink,
} from './influx-server.ts';

const readme = readFileSync(path.resolve('libs/storage-influx/README.md'), 'utf8');

const codeOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code!.trim());

const bar = {
  t: NOON_MS,
  T: NOON_MS + 59_999,
  s: 'BTCUSDT',
  i: '1m',
  f: 1,
  L: 2,
  o: '1',
  h: '3',
  l: '1',
  v: '5',
};
const kline = (E: number, c: string, x: boolean) => ({
  stream: 'BTCUSDT@kline_1m',
  payload: frame({
    e: 'kline', E, s: 'BTCUSDT', k: { ...bar, c, x, n: 2, q: '1', V: '1', Q: '1', B: '0' },
  }),
}); // prettier-ignore

/** A little of everything that the queries ask for. */
const market = batchOf(
  aggTrade(1, { q: '0.5' }),
  aggTrade(2, { q: '0.25' }),
  aggTrade(3, { q: '2', m: true }),
  kline(NOON_MS + 250, '2.5', false),
  // The last update of a bar comes after the bar is over.
  kline(NOON_MS + 60_100, '3', true),
  {
    stream: 'BTCUSDT@bookTicker',
    payload: frame({
      e: 'bookTicker', E: NOON_MS, T: NOON_MS, u: 9, s: 'BTCUSDT', b: '100', B: '2', a: '100.5', A: '4',
    }),
  },
  {
    type: RECORD_TYPE.bookSnapshot,
    stream: 'BTCUSDT@depth@0ms',
    payload: { symbol: 'BTCUSDT', eventTimeMs: NOON_MS, lastUpdateId: 1, bids: [['100', '2'], ['99', '1']], asks: [['101', '4']] },
  },
  {
    stream: 'BTCUSDT@markPrice@1s',
    payload: frame({
      e: 'markPriceUpdate', E: NOON_MS, s: 'BTCUSDT', p: '1', i: '1', P: '1', r: '0.0001', T: NOON_MS,
    }),
  },
  {
    type: RECORD_TYPE.gap,
    stream: 'BTCUSDT@depth@0ms',
    payload: {
      stream: 'BTCUSDT@depth@0ms', reason: 'reconnect', lastId: 1, nextId: 5, lastTimeUs: NOON_US,
      nextTimeUs: NOON_US + 250_000, detectedAtUs: NOON_US + 250_000, line: 0, healedBy: 'snapshot 9',
    },
  },
); // prettier-ignore

const EXPECTED: readonly (readonly Row[])[] = [
  [{ open: 1, high: 3, low: 1, close: 3, volume: 5 }],
  [
    { side: 'buy', sum: 0.75 },
    { side: 'sell', sum: 2 },
  ],
  [{ spread: 0.5 }],
  [{ spread: 1 }],
  [{ bids: 3, asks: 4 }],
  [{ last: 0.0001 }],
  [{ text: 'reconnect: 1 to 5', healed_by: 'snapshot 9', ms: 250, stream: 'depth@0ms' }],
];

describeWithInflux('the README', () => {
  const server = influxServer();

  it('has queries that answer', async () => {
    const queries = codeOf('sql');
    expect(queries).toHaveLength(EXPECTED.length);
    await withSink(server(), async (sink, database) => {
      await sink.append(market, 1);
      expect(sink.stats().rejected).toBe(0);
      for (const [index, statement] of queries.entries()) {
        const rows = await query(server(), database, statement);
        expect({ statement, rows }).toEqual({
          statement,
          rows: EXPECTED[index]!.map((row): unknown => expect.objectContaining(row)),
        });
      }
    });
  });

  it('has an example that runs', async () => {
    const [code] = codeOf('ts');
    const body = code!.replace(/^import .*\n/gm, '').replace('http://127.0.0.1:8086', server().url);
    const names = ['RECORD_TYPE', 'RecordBatchBuilder', 'InfluxSink', 'isPassing'];
    // The example as it stands, without its imports: they are the parameters.
    const AsyncFunction = (async () => {}).constructor as new (
      ...parts: string[]
    ) => (...values: unknown[]) => Promise<void>;
    const run = new AsyncFunction(...names, body);
    await run(RECORD_TYPE, RecordBatchBuilder, InfluxSink, isPassing);
    expect(await countPoints(server(), 'market', 'aggtrade')).toBe(1);
    const sink = new InfluxSink({ url: server().url, target: { database: 'market' } });
    expect(await sink.open()).toMatchObject({
      position: 1,
      state: 'text that comes back from open with the position',
    });
    await sink.close();
  });
});
