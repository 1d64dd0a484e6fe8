import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { PostgresSink } from '@org/storage-postgres';
import { recorded } from './recorded.ts';
import { aggTrade, batchOf, bookTicker, depthDiff, NOON_MS, NOON_US, type TestRecord } from './records.ts';
import { describeWithServer, serverForAll } from './server.ts';

const readme = readFileSync(path.resolve('libs/storage-postgres/README.md'), 'utf8');
const recordings = path.resolve('../shared/data');
const withRecordings = existsSync(recordings) ? it : it.skip;

const [example = ''] = blocks('ts');
const [setup = ''] = blocks('sql setup');
const [spread = '', minutes = '', gaps = '', book = '', hours = ''] = blocks('sql');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1]!,
  );
}

describeWithServer('the README', () => {
  const database = serverForAll();

  async function stored(...records: readonly TestRecord[]): Promise<string> {
    return storedBatch(batchOf(...records));
  }

  async function storedBatch(batch: Buffer): Promise<string> {
    const schema = database.newSchema();
    const sink = database.sink(schema);
    await sink.open();
    await sink.append(batch, 1);
    await sink.commit();
    expect(sink.stats().rejected).toBe(0);
    await sink.close();
    return schema;
  }

  /** Runs a query as a person would, and shows every value as psql does. */
  async function run(schema: string, query: string): Promise<unknown[][]> {
    const client = new Client({ connectionString: database.server.url });
    await client.connect();
    try {
      await client.query(`set search_path to ${schema}; set timezone to utc`);
      const types = { getTypeParser: () => (text: string) => text };
      const { rows } = await client.query<unknown[]>({ text: query, rowMode: 'array', types });
      return rows;
    } finally {
      await client.end();
    }
  }

  it('has a setup and an example that work, with rights for analysts to read only', async () => {
    const [before, after] = setup.split('\\connect market');
    for (const statement of before!.split(';\n').filter((text) => text.trim() !== ''))
      await database.query(statement);
    const market = database.server.url.replace(/postgres$/, 'market');
    const owner = new Client({ connectionString: market });
    await owner.connect();
    await owner.query(after!);
    await owner.end();
    const logged: unknown[] = [];
    const source = example.replaceAll(/^import .*$/gm, '').replace(':5432', `:${database.server.port}`);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- our own README
    await new Function('PostgresSink', 'RecordBatchBuilder', 'RECORD_TYPE', 'Buffer', 'console', `return (async () => {${source}})()`)(
      PostgresSink, RecordBatchBuilder, RECORD_TYPE, Buffer, { log: (value: unknown) => logged.push(String(value)) },
    ); // prettier-ignore
    expect(logged).toEqual([...example.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]));
    const analyst = new Client({ connectionString: market.replace('postgres@', 'analyst@') });
    await analyst.connect();
    expect((await analyst.query('select price from market.trades')).rows).toEqual([{ price: '60000.10' }]);
    await expect(analyst.query('delete from market.trades')).rejects.toMatchObject({ code: '42501' });
    await analyst.end();
  });

  it('finds the spread at a time', async () => {
    const stream = 'BTCUSDT@bookTicker';
    const schema = await stored(
      { stream, payload: bookTicker(1, { a: '60000.70' }), receivedAtUs: NOON_US + 1_000_000 },
      { stream, payload: bookTicker(2, { a: '60000.30' }), receivedAtUs: NOON_US + 29_000_000 },
      { stream, payload: bookTicker(3), receivedAtUs: NOON_US + 31_000_000 },
    );
    expect(await run(schema, spread)).toEqual([['2026-01-02 12:00:29+00', '60000.10', '60000.30', '0.20']]);
  });

  it('makes bars of trades', async () => {
    const prices = ['2.0', '5.0', '1.0', '3.0', '7.5'];
    const schema = await stored(
      ...prices.map((p, id) => ({ payload: aggTrade(id, { p, T: NOON_MS + 20_000 * id }) })),
    );
    expect(await run(schema, minutes)).toEqual([
      ['2026-01-02 12:00:00+00', '2.0', '5.0', '1.0', '1.0', '1.500', '3'],
      ['2026-01-02 12:01:00+00', '3.0', '7.5', '3.0', '7.5', '1.000', '2'],
    ]);
  });

  it('lists the gaps of a day', async () => {
    const stream = 'BTCUSDT@depth@0ms';
    const gap = {
      stream,
      reason: 'reconnect',
      lastId: 1,
      nextId: 3,
      lastTimeUs: NOON_US,
      nextTimeUs: NOON_US + 1_500_000,
      line: 0,
    };
    const records = [
      { ...gap, detectedAtUs: NOON_US, healedBy: 'snapshot 4' },
      { ...gap, detectedAtUs: NOON_US + 5, healedBy: '' },
      { ...gap, detectedAtUs: NOON_US + 86_400_000_000, healedBy: '' },
    ];
    const schema = await stored(...records.map((payload) => ({ stream, type: RECORD_TYPE.gap, payload })));
    expect(await run(schema, gaps)).toEqual([
      [stream, 'reconnect', '1', '3', '00:00:01.5', ''],
      [stream, 'reconnect', '1', '3', '00:00:01.5', 'snapshot 4'],
    ]);
  });

  it('builds the book at a moment', async () => {
    const stream = 'BTCUSDT@depth@0ms';
    const type = RECORD_TYPE.depthSnapshot;
    const snapshotOf = (lastUpdateId: number, price: string) => ({
      stream, type, payload: { lastUpdateId, symbol: 'BTCUSDT', bids: [[price, '1'], ['59999.90', '9']], asks: [['60000.20', '3']] },
    }); // prettier-ignore
    const schema = await stored(
      { ...snapshotOf(1, '1.0'), receivedAtUs: NOON_US },
      // Received before the snapshot, and ahead of it.
      { stream, payload: depthDiff(20, { b: [['60000.00', '2']], a: [] }), receivedAtUs: NOON_US + 900_000 },
      { ...snapshotOf(10, '60000.00'), receivedAtUs: NOON_US + 1_000_000 },
      { stream, payload: depthDiff(22), receivedAtUs: NOON_US + 2_000_000 },
      { stream, payload: depthDiff(24, { b: [['60000.10', '0']] }), receivedAtUs: NOON_US + 31_000_000 },
    );
    expect(await run(schema, book)).toEqual([
      ['bid', '60000.10', '0.500'],
      ['bid', '60000.00', '2'],
      ['ask', '60000.20', '1.250'],
    ]);
  });

  withRecordings('builds the book of a real recording, level by level', async () => {
    const { batch } = await recorded(path.join(recordings, 'usdm-2021-07-22/sushiusdt_20210722.gz'));
    const schema = await storedBatch(batch);
    const end = book.replaceAll('BTCUSDT', 'SUSHIUSDT').replaceAll('2026-01-02 12:00:30+00', 'infinity');
    const levels = await run(
      schema,
      `select side, trim_scale(price), trim_scale(quantity) from (${end.replace(';', '')}) book`,
    );
    const lines = levels.map(
      ([side, price, quantity]) => `${side === 'bid' ? 'b' : 'a'} ${String(price)} ${String(quantity)}\n`,
    );
    const books = JSON.parse(readFileSync(path.join(recordings, 'books.json'), 'utf8')) as Record<
      string,
      {
        readonly last_u: number;
        readonly checkpoints: readonly { readonly u: number; readonly sha256: string }[];
      }
    >;
    const oracle = books['usdm-2021-07-22/SUSHIUSDT']!;
    const last = oracle.checkpoints.at(-1)!;
    expect(last.u).toBe(oracle.last_u);
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(last.sha256);
  });

  it('counts rows an hour', async () => {
    const schema = await stored(
      { payload: aggTrade(1) },
      { payload: aggTrade(2), receivedAtUs: NOON_US + 3_600_000_000 },
      { payload: aggTrade(3), receivedAtUs: NOON_US + 3_600_000_001 },
      { stream: 'BTCUSDT@depth@0ms', payload: depthDiff(2) },
    );
    expect(await run(schema, hours)).toEqual([
      ['2026-01-02 12:00:00+00', 'depth', '1'],
      ['2026-01-02 12:00:00+00', 'trades', '1'],
      ['2026-01-02 13:00:00+00', 'trades', '2'],
    ]);
  });
});
