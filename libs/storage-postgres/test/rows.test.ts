import { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { RECORD_TYPE, type Sink } from '@org/storage';
import { TABLES } from '@org/storage-postgres';
import { ORACLE, recorded } from './recorded.ts';
import { aggTrade, batchOf, bookTicker, depthDiff, NOON_MS, NOON_US, trade, trades } from './records.ts';
import { describeWithServer, serverForAll } from './server.ts';

const captures = path.resolve('../shared/data/usdm-2021-07-22');
const withRecordings = existsSync(captures) ? it : it.skip;

describeWithServer('rows in PostgreSQL', () => {
  const database = serverForAll();

  /** Stores batches in a schema of their own, and returns it. */
  async function stored(batches: readonly Buffer[], levels: 'arrays' | 'rows' = 'arrays'): Promise<string> {
    const schema = database.newSchema();
    const sink = database.sink(schema, { levels });
    await sink.open();
    await appendAll(sink, batches);
    await sink.close();
    return schema;
  }

  async function appendAll(sink: Sink, batches: readonly Buffer[]): Promise<void> {
    for (const [index, batch] of batches.entries()) await sink.append(batch, index + 1);
    await sink.commit();
  }

  /** Rows in the order of receipt, every value as the text that the server makes of it. */
  async function rowsOf(schema: string, table: string): Promise<Record<string, unknown>[]> {
    const { columns } = TABLES.find(({ name }) => name === table)!;
    const names = columns.map(({ name }) => name);
    const time = names.includes('local_time') ? 'local_time' : 'detected_at';
    const id = names.find((name) => /_id$/.test(name) && name !== 'first_update_id') ?? time;
    return database.query(
      `select ${names.map((name) => `${name}::text`).join()} from ${schema}.${table} t order by t.${time}, t.${id}`,
    );
  }

  it('hold every value of an aggregate trade, with its digits and to the microsecond', async () => {
    const schema = await stored([
      batchOf({ payload: aggTrade(7), receivedAtUs: NOON_US + 123_456 }),
      batchOf({ payload: aggTrade('9007199254740993', { nq: undefined }) }),
    ]);
    const [first, second] = await database.query(
      `select *, price::text as price, quantity::text as quantity, normal_quantity::text as nq, transact_time::text as t,
         event_time::text as e, local_time::text as l, agg_trade_id::text as id from ${schema}.agg_trades order by agg_trade_id`,
    );
    expect(first).toMatchObject({
      symbol: 'BTCUSDT', id: '7', price: '60000.10', quantity: '0.500', nq: '0.250', first_trade_id: '1', last_trade_id: '2',
      is_buyer_maker: true, source: 'ws', t: '2026-01-02 11:59:59.999+00', e: '2026-01-02 12:00:00+00',
      l: '2026-01-02 12:00:00.123456+00',
    }); // prettier-ignore
    expect(second).toMatchObject({ id: '9007199254740993', nq: null });
  });

  it('hold decimals exactly, whatever their digits', async () => {
    const digits = (max: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
    const decimal = fc
      .tuple(fc.boolean(), digits(40), fc.option(digits(40), { nil: undefined }))
      .map(([isNegative, whole, fraction]) => ({
        text: `${isNegative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`,
        stored: shown(isNegative, whole, fraction),
      }));
    await fc.assert(
      fc.asyncProperty(fc.array(decimal, { minLength: 300, maxLength: 300 }), async (decimals) => {
        const records = decimals.map(({ text }, id) => ({ payload: aggTrade(id, { p: text }) }));
        const schema = await stored([batchOf(...records)]);
        const rows = await database.query(
          `select price::text from ${schema}.agg_trades order by agg_trade_id`,
        );
        expect(rows.map(({ price }) => price)).toEqual(decimals.map((value) => value.stored));
      }),
      { numRuns: 3 },
    );
  });

  it('hold a depth message with its levels in two arrays, and a snapshot as one of them', async () => {
    const snapshot = {
      lastUpdateId: 5,
      E: NOON_MS,
      T: NOON_MS,
      bids: [['1.00', '2.0']],
      asks: [],
      symbol: 'BTCUSDT',
    };
    const stream = 'BTCUSDT@depth@0ms';
    const schema = await stored([
      batchOf(
        { stream, type: RECORD_TYPE.depthSnapshot, payload: snapshot },
        { stream, payload: depthDiff(9) },
      ),
      batchOf({ stream, payload: depthDiff(11, { b: [], a: [] }) }),
    ]);
    expect(await rowsOf(schema, 'depth_events')).toMatchObject([
      {
        update_type: 'snapshot', first_update_id: null, final_update_id: '5', prev_final_update_id: null,
        bids: '{{1.00,2.0}}', asks: '{}',
      },
      {
        update_type: 'diff', first_update_id: '8', final_update_id: '9', prev_final_update_id: '7',
        bids: '{{60000.10,0.500},{59999.90,0}}', asks: '{{60000.20,1.250}}',
      },
      { final_update_id: '11', bids: '{}', asks: '{}' },
    ]); // prettier-ignore
    expect(await rowsOf(schema, 'depth_levels')).toEqual([]);
  });

  it('hold a row a level beside their message, when they are asked to', async () => {
    const schema = await stored([batchOf({ stream: 'BTCUSDT@depth@0ms', payload: depthDiff(9) })], 'rows');
    expect(await rowsOf(schema, 'depth_events')).toMatchObject([
      { final_update_id: '9', bids: null, asks: null },
    ]);
    expect(await rowsOf(schema, 'depth_levels')).toMatchObject([
      { final_update_id: '9', update_type: 'diff', side: 'bid', price: '60000.10', quantity: '0.500' },
      { side: 'bid', price: '59999.90', quantity: '0' },
      { side: 'ask', price: '60000.20', quantity: '1.250' },
    ]);
  });

  it('hold what the recorder itself reports', async () => {
    const gap = {
      stream: 'BTCUSDT@depth@0ms', reason: 'reconnect', lastId: 5, lastTimeUs: NOON_US + 1, nextTimeUs: NOON_US + 2,
      detectedAtUs: NOON_US + 3, line: 1, healedBy: 'snapshot 9',
    }; // prettier-ignore
    const book = {
      symbol: 'BTCUSDT',
      eventTimeMs: NOON_MS,
      lastUpdateId: 9,
      bids: [['2.0', '1.50']],
      asks: [],
    };
    const schema = await stored([
      batchOf(
        { type: RECORD_TYPE.gap, stream: gap.stream, payload: gap },
        { type: RECORD_TYPE.bookSnapshot, stream: gap.stream, payload: book },
        { type: RECORD_TYPE.tick, stream: '', payload: '' },
      ),
    ]);
    expect(await rowsOf(schema, 'gaps')).toEqual([
      {
        symbol: 'BTCUSDT', stream: gap.stream, reason: 'reconnect', last_id: '5', next_id: null,
        last_time: '2026-01-02 12:00:00.000001+00', next_time: '2026-01-02 12:00:00.000002+00',
        detected_at: '2026-01-02 12:00:00.000003+00', line: '1', healed_by: 'snapshot 9',
      },
    ]); // prettier-ignore
    expect(await rowsOf(schema, 'book_snapshots')).toMatchObject([
      { symbol: 'BTCUSDT', last_update_id: '9', bids: '{{2.0,1.50}}', asks: '{}' },
    ]);
  });

  it('say that they are from REST, where a repair brought them', async () => {
    const restTrade = { a: 3, p: '1.0', q: '2', f: 1, l: 2, T: NOON_MS, m: false };
    const bar = [NOON_MS, '1', '2', '0.5', '1.5', '10', NOON_MS + 59_999, '15', 7, '4', '6', '0'];
    const rest = { type: RECORD_TYPE.restRows, receivedAtUs: NOON_US + 90_000_000 };
    const schema = await stored([
      batchOf(
        { ...rest, stream: 'BTCUSDT@aggTrade', payload: [restTrade] },
        { ...rest, stream: 'BTCUSDT@kline_1m', payload: [bar] },
      ),
    ]);
    expect(await rowsOf(schema, 'agg_trades')).toMatchObject([
      { agg_trade_id: '3', source: 'rest', event_time: null },
    ]);
    expect(await rowsOf(schema, 'klines')).toMatchObject([
      {
        interval: '1m',
        close: '1.5',
        is_closed: 'true',
        source: 'rest',
        first_trade_id: null,
        event_time: null,
      },
    ]);
  });

  it('leave out a record that no row can hold, keep it as it came, and take its neighbours', async () => {
    const bad: readonly (string | Buffer)[] = [
      aggTrade(2, { p: '1\0' }),
      aggTrade(2, { p: 'NaN' }),
      aggTrade(2, { p: '1e5' }),
      aggTrade(2, { p: '1'.repeat(2000) }),
      aggTrade('9223372036854775808'),
      aggTrade(2, { T: 1e15 }),
      aggTrade(2, { s: 'ETHUSDT' }),
      aggTrade(2, { p: undefined }),
      Buffer.from([0xff, 0, 0x7b]),
    ];
    const rejections: string[] = [];
    const schema = database.newSchema();
    const sink = database.sink(schema, { events: { rejected: ({ problem }) => rejections.push(problem) } });
    await sink.open();
    const records = bad.flatMap((payload, index) => [
      { payload: aggTrade(index), receivedAtUs: NOON_US + index },
      { payload, receivedAtUs: NOON_US + index, order: 2, follows: 1 },
    ]);
    await sink.append(batchOf(...records), 1);
    await sink.commit();
    expect(sink.stats()).toMatchObject({ records: 18, rows: 9, rejected: 9 });
    expect(rejections).toHaveLength(9);
    await sink.close();
    expect(await rowsOf(schema, 'agg_trades')).toHaveLength(9);
    const kept = await database.query(
      `select stream, problem, payload from ${schema}.rejected order by local_time`,
    );
    expect(kept.map(({ problem }) => problem)).toEqual(rejections);
    expect(kept.map(({ payload }) => payload)).toEqual(bad.map((payload) => Buffer.from(payload as string)));
    const gap = {
      symbol: 'BTCUSDT',
      stream: 'BTCUSDT@aggTrade',
      reason: 'malformed',
      last_id: '1',
      next_id: '3',
    };
    expect(await rowsOf(schema, 'gaps')).toMatchObject(bad.map(() => gap));
  });

  it('leave out what only the server refuses, and say which rows these were', async () => {
    const schema = database.newSchema();
    const rejections: string[] = [];
    const sink = database.sink(schema, { events: { rejected: ({ problem }) => rejections.push(problem) } });
    await sink.open();
    await database.query(
      `alter table ${schema}.book_tickers add constraint cheap check (best_bid_price < 100)`,
    );
    const records = Array.from({ length: 40 }, (_, id) => ({
      stream: 'BTCUSDT@bookTicker',
      payload: bookTicker(id, { b: id % 13 === 5 ? '100.50' : '99.50' }),
    }));
    await sink.append(batchOf(...records), 1);
    await sink.commit();
    expect(sink.stats().rejected).toBe(3);
    expect(rejections).toHaveLength(3);
    await sink.close();
    expect(await rowsOf(schema, 'book_tickers')).toHaveLength(37);
    const refused = await database.query(
      `select stream, convert_from(payload, 'UTF8')::json as row from ${schema}.rejected`,
    );
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({
      stream: 'BTCUSDT@bookTicker',
      row: {
        symbol: 'BTCUSDT',
        update_id: '5',
        best_bid_price: '100.50',
        local_time: '2026-01-02T12:00:00.000000Z',
      },
    });
  });

  it('are there once, by their key, when the store had lost its position and they came again', async () => {
    const schema = await stored([trades(1, 2, 3)]);
    await database.query(`delete from ${schema}.recorder_cursor`);
    const sink = database.sink(schema);
    expect(await sink.open()).toMatchObject({
      position: 0,
      state: undefined,
      isPositionLost: true,
      repairs: [{ bytesCut: 0 }],
    });
    await sink.append(trades(2, 3, 4), 77);
    expect(await sink.commit()).toBe(77);
    expect(sink.stats().duplicates).toBe(2);
    await sink.close();
    expect((await rowsOf(schema, 'agg_trades')).map((row) => row['agg_trade_id'])).toEqual([
      '1',
      '2',
      '3',
      '4',
    ]);
    const again = database.sink(schema);
    expect(await again.open()).toMatchObject({ position: 77, isPositionLost: false });
    await again.close();
  });

  withRecordings('are those of a real recording, of every stream in it', async () => {
    const { batch, frames } = await recorded(path.join(captures, 'sushiusdt_20210722.gz'));
    const schema = await stored([batch]);
    expect(frames.size).toBeGreaterThanOrEqual(4);
    for (const [event, { table, id, columns }] of Object.entries(ORACLE)) {
      const select = Object.keys(columns).map((name) => `${name}::text`);
      const where = table === 'depth_events' ? "where update_type = 'diff'" : '';
      const rows = await database.query(
        `select ${select.join()} from ${schema}.${table} t ${where} order by t.local_time, t.${id}`,
      );
      const expected = (frames.get(event) ?? []).map((data) =>
        Object.fromEntries(Object.entries(columns).map(([name, valueOf]) => [name, valueOf(data)])),
      );
      expect(expected.length).toBeGreaterThan(0);
      expect(rows).toEqual(expected);
    }
    expect(await rowsOf(schema, 'rejected')).toEqual([]);
  });

  it('stand in tables whose every column is explained, in the order that rows are written in', async () => {
    const schema = await stored([batchOf({ stream: 'BTCUSDT@trade', payload: trade(1) })]);
    const columns = await database.query(
      `select relname as "table", attname as column, format_type(atttypid, atttypmod) as type,
         col_description(attrelid, attnum) as comment, obj_description(attrelid) as about
       from pg_attribute join pg_class on attrelid = pg_class.oid
       where relnamespace = $1::regnamespace and attnum > 0 and relkind in ('r', 'p') and not relispartition
       order by relname, attnum`,
      [schema],
    );
    for (const { table, column, comment, about } of columns) {
      if (table !== 'recorder_schema')
        expect({ table, column, comment }).toMatchObject({ comment: expect.any(String) });
      expect(about).toEqual(expect.any(String));
    }
    for (const table of TABLES) {
      const found = columns.filter((row) => row['table'] === table.name);
      expect(found.map(({ column, type }) => ({ name: column, type }))).toEqual(
        table.columns.map(({ name, type }) => ({
          name,
          type: type === 'timestamptz' ? 'timestamp with time zone' : type,
        })),
      );
    }
  });
});

/** How PostgreSQL shows a decimal: without leading zeros, and no minus before zero. */
function shown(isNegative: boolean, whole: string, fraction: string | undefined): string {
  const digits = whole.replace(/^0+(?=.)/, '') + (fraction === undefined ? '' : `.${fraction}`);
  return isNegative && /[1-9]/.test(digits) ? `-${digits}` : digits;
}
