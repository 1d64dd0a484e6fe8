import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, gunzipSync } from 'node:zlib';
import { fileHeader } from '@org/storage-csv';
import { compactDay, knownColumnType, ParquetEngine, type CompactDayOptions } from '@org/storage-parquet';
import { PlainDuckDb, withDuckDb } from './duckdb.ts';
import {
  csv,
  DATE,
  everyStream,
  newStore,
  record,
  reseal,
  sealedDay,
  SYMBOL,
  temporaryFolder,
} from './recording.ts';

const folder = temporaryFolder();
const duckDb = new PlainDuckDb();
afterAll(() => duckDb.close());
const KINDS = ['aggtrade', 'bookticker', 'depth', 'forceorder', 'gaps', 'kline', 'markprice', 'miniticker', 'orderbook', 'ticker', 'trade']; // prettier-ignore
const NOW_MS = Date.UTC(2026, 0, 3, 1);
const TRADES = `aggtrade_${DATE}.csv`;

const compact = (outputDir: string, more: Partial<CompactDayOptions> = {}) =>
  compactDay({ outputDir, symbol: SYMBOL, date: DATE, nowMs: NOW_MS, ...more });
const parquet = (outputDir: string, kind: string) => join(outputDir, SYMBOL, `${kind}_${DATE}.parquet`);
const trade = (id: number, more: { price?: string; quantity?: string; id?: string } = {}): string =>
  `${more.id ?? id},${more.price ?? '1.5'},${more.quantity ?? '2'},${id},${id},1767355200000,true,,1767355200001,${1_767_355_200_000_000 + id},ws`;

describe('a closed day', () => {
  it('has a type for every column of every kind', () => {
    const names = KINDS.flatMap((kind) => fileHeader(kind)!.split(','));
    expect(names.filter((name) => knownColumnType(name) === undefined)).toEqual([]);
  });

  withDuckDb('becomes one Parquet file a kind, with the rows, the order and the types of its streams', async () => {
    const outputDir = newStore(folder);
    await record(outputDir, everyStream(50));
    const outcomes = await compact(outputDir);
    expect(outcomes.map(({ kind, result }) => [kind, result])).toEqual(KINDS.map((kind) => [kind, 'written']));
    const rows = Object.fromEntries(outcomes.map((outcome) => [outcome.kind, (outcome as { rows?: number }).rows]));
    expect(rows).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, ['depth', 'orderbook'].includes(kind) ? 100 : 50])));
    expect(await duckDb.types(`SELECT * FROM '${parquet(outputDir, 'depth')}'`)).toEqual({
      kind: 'VARCHAR', symbol: 'VARCHAR', local_time: 'TIMESTAMP WITH TIME ZONE', event_time: 'TIMESTAMP WITH TIME ZONE',
      transaction_time: 'TIMESTAMP WITH TIME ZONE', first_update_id: 'BIGINT', final_update_id: 'BIGINT',
      prev_final_update_id: 'BIGINT', update_type: 'VARCHAR', side: 'VARCHAR', price: 'DECIMAL(28,8)', quantity: 'DECIMAL(28,8)',
    });
    const [first] = await duckDb.query(`SELECT * FROM '${parquet(outputDir, 'aggtrade')}' LIMIT 1`);
    expect(first).toEqual({
      kind: 'aggtrade', symbol: SYMBOL, agg_trade_id: '7000000000', price: '60000.10000000', quantity: '0.01000000', first_trade_id: '0',
      last_trade_id: '0', transact_time: '2026-01-02 11:59:59.999+00', is_buyer_maker: true, normal_quantity: null,
      event_time: '2026-01-02 12:00:00+00', local_time: '2026-01-02 12:00:00.003+00', source: 'ws',
    });
    const [ticker] = await duckDb.query(`SELECT quote_volume, typeof(quote_volume) AS type, price_change FROM '${parquet(outputDir, 'ticker')}' LIMIT 1`);
    expect(ticker).toEqual({ quote_volume: '98765432109.87654321', type: 'DECIMAL(28,8)', price_change: '-1.50000000' });
  }); // prettier-ignore

  withDuckDb(
    'keeps its CSV files, leaves nothing else behind, and is left alone when it is asked for again',
    async () => {
      const outputDir = newStore(folder);
      const path = await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1), trade(2)]) });
      const before = readdirSync(path);
      await compact(outputDir);
      const target = parquet(outputDir, 'aggtrade');
      expect(readdirSync(path).sort()).toEqual([...before, `aggtrade_${DATE}.parquet`].sort());
      const { ino } = statSync(target);
      expect(await compact(outputDir)).toEqual([{ kind: 'aggtrade', result: 'current', path: target }]);
      expect(statSync(target).ino).toBe(ino);
    },
  );

  withDuckDb('has the rows of all its periods and parts, also of those with an older header, in the order of arrival', async () => {
    const outputDir = newStore(folder);
    const older = csv('aggtrade', [trade(3), trade(1)]).replaceAll(/,ws$/gm, '').replace(',source', '');
    await sealedDay(outputDir, {
      [`aggtrade_${DATE}T07.csv`]: csv('aggtrade', [trade(30)]),
      [`aggtrade_${DATE}T06.1.csv`]: csv('aggtrade', [trade(20), trade(10)]),
    });
    const path = join(outputDir, SYMBOL);
    const name = `aggtrade_${DATE}T06.csv.gz`;
    reseal(path, name, gzipSync(older));
    expect(await compact(outputDir)).toMatchObject([{ result: 'written', rows: 5 }]);
    const rows = await duckDb.query(`SELECT agg_trade_id AS id, source FROM '${parquet(outputDir, 'aggtrade')}'`);
    expect(rows.map(({ id, source }) => [id, source])).toEqual([['3', null], ['1', null], ['20', 'ws'], ['10', 'ws'], ['30', 'ws']]);
  }); // prettier-ignore

  withDuckDb('is made anew when another part of it was packed', async () => {
    const outputDir = newStore(folder);
    await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1)]) });
    await compact(outputDir);
    await sealedDay(outputDir, { [`aggtrade_${DATE}.1.csv`]: csv('aggtrade', [trade(2)]) });
    expect(await compact(outputDir)).toMatchObject([{ result: 'written', rows: 2 }]);
  });

  withDuckDb('may have files that are not packed, and files without rows', async () => {
    const outputDir = newStore(folder);
    const files = { [TRADES]: csv('aggtrade', [trade(1)]), [`depth_${DATE}.csv`]: csv('depth', []) };
    await sealedDay(outputDir, files, 'none');
    expect(await compact(outputDir)).toMatchObject([{ rows: 1 }, { kind: 'depth', rows: 0 }]);
    expect(await duckDb.query(`SELECT count(*) AS n FROM '${parquet(outputDir, 'depth')}'`)).toEqual([
      { n: '0' },
    ]);
  });

  withDuckDb('may lie in a folder of any name', async () => {
    const outputDir = join(newStore(folder), "it's [a] {b,c} * name? day=1");
    await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1)]) });
    expect(await compact(outputDir)).toMatchObject([{ result: 'written', rows: 1 }]);
    expect(await compact(outputDir)).toMatchObject([{ result: 'current' }]);
  });

  withDuckDb('has statistics by which a reader leaves out most row groups for a minute of it', async () => {
    const outputDir = newStore(folder);
    const rows = Array.from({ length: 300_000 }, (_, index) => trade(index));
    await sealedDay(outputDir, { [TRADES]: csv('aggtrade', rows) });
    await compact(outputDir);
    const groups = await duckDb.query(
      `SELECT row_group_num_rows AS rows, stats_min_value AS first, stats_max_value AS last, compression FROM parquet_metadata('${parquet(outputDir, 'aggtrade')}') WHERE path_in_schema = 'agg_trade_id' ORDER BY row_group_id`,
    );
    expect(groups).toHaveLength(3);
    let next = 0;
    for (const { rows, first, last, compression } of groups) {
      expect({ compression, first }).toEqual({ compression: 'ZSTD', first: String(next) });
      expect(Number(rows)).toBeLessThan(130_000);
      next = Number(last) + 1;
    }
    expect(next).toBe(300_000);
  });
});

describe('a day that is not compacted', () => {
  withDuckDb('is one that is not over, or has a file to which rows may come', async () => {
    const outputDir = newStore(folder);
    const path = await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1)]) });
    const open = [{ kind: 'aggtrade', result: 'open' }];
    expect(await compact(outputDir, { nowMs: Date.UTC(2026, 0, 3) - 1 })).toEqual(open);
    writeFileSync(join(path, `aggtrade_${DATE}.1.csv`), csv('aggtrade', [trade(2)]));
    expect(await compact(outputDir)).toEqual(open);
    expect(existsSync(parquet(outputDir, 'aggtrade'))).toBe(false);
  });

  withDuckDb.each([
    ['SEAL_BROKEN', 'another content than its checksum says', (path: string) => {
      writeFileSync(join(path, `${TRADES}.gz`), gzipSync(csv('aggtrade', [trade(9)])));
    }],
    ['SEAL_BROKEN', 'a checksum that the manifest contradicts', (path: string) => {
      reseal(path, `${TRADES}.gz`, gzipSync(csv('aggtrade', [trade(9), trade(8)])));
    }],
    ['SEAL_BROKEN', 'fewer rows than the manifest counts', (path: string) => {
      const manifest = join(path, `manifest_${DATE}.json`);
      writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('"rows": 2', '"rows": 3'));
    }],
    ['SEAL_BROKEN', 'a checksum of another file', (path: string) => {
      writeFileSync(join(path, `${TRADES}.gz.CHECKSUM`), `${'0'.repeat(64)}  other.csv.gz\n`);
    }],
  ])('is one with %s: %s', async (code, _, damage) => {
    const outputDir = newStore(folder);
    const path = await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1), trade(2)]) });
    damage(path);
    const before = readdirSync(path);
    expect(await compact(outputDir)).toMatchObject([{ kind: 'aggtrade', result: 'failed', code }]);
    expect(readdirSync(path)).toEqual(before);
  }); // prettier-ignore

  withDuckDb.each([
    ['CSV_UNREADABLE', `${trade(1)}\n1,2,3`],
    ['CSV_UNREADABLE', trade(1, { id: 'x' })],
    ['CSV_UNREADABLE', trade(1, { id: '99999999999999999999' })],
    ['NUMBER_INEXACT', trade(1, { id: '1.5' })],
    ['NUMBER_INEXACT', trade(1, { id: '1e-1' })],
    ['NUMBER_INEXACT', trade(1, { price: '1e-30' })],
    ['NUMBER_INEXACT', trade(1, { price: 'nan' })],
    ['DECIMAL_TOO_WIDE', trade(1, { price: `1.${'1'.repeat(38)}` })],
  ])('is one with %s: %s', async (code, row) => {
    const outputDir = newStore(folder);
    const files = { [TRADES]: csv('aggtrade', [row]), [`depth_${DATE}.csv`]: csv('depth', []) };
    const path = await sealedDay(outputDir, files);
    expect(await compact(outputDir)).toMatchObject([{ result: 'failed', code }, { result: 'written' }]);
    expect(readdirSync(path).filter((name) => /tmp$|aggtrade.*parquet/.test(name))).toEqual([]);
    expect(gunzipSync(readFileSync(join(path, `${TRADES}.gz`))).toString()).toContain(row);
  });

  withDuckDb.each([
    ['lacks a row', (rows: string) => `SELECT * FROM (${rows}) LIMIT 2`],
    ['has a row twice', (rows: string) => `${rows} UNION ALL SELECT * FROM (${rows}) LIMIT 4`],
    ['has another order', (rows: string) => `SELECT * FROM (${rows}) ORDER BY agg_trade_id DESC`],
    ['has rounded prices', (rows: string) => `SELECT * REPLACE (round(price, 1)::DECIMAL(28,8) AS price) FROM (${rows})`],
    ['has another time', (rows: string) => `SELECT * REPLACE (local_time + INTERVAL 1 MICROSECOND AS local_time) FROM (${rows})`],
    ['has another flag', (rows: string) => `SELECT * REPLACE (NOT is_buyer_maker AS is_buyer_maker) FROM (${rows})`],
    ['has zeros for empty cells', (rows: string) => `SELECT * REPLACE (coalesce(normal_quantity, 0) AS normal_quantity) FROM (${rows})`],
  ])('is one of which what was written %s', async (_, alter) => {
    const outputDir = newStore(folder);
    const rows = [trade(1), trade(2, { price: '1.25' }), trade(3)];
    const path = await sealedDay(outputDir, { [TRADES]: csv('aggtrade', rows) });
    const engine = await duckDb.engine();
    const lying = {
      query: (sql: string, options: object) =>
        engine.query(sql.replace(/^COPY \((.*)\) TO /s, (__, query: string) => `COPY (${alter(query)}) TO `), options),
    };
    const before = readdirSync(path);
    const outcomes = await compact(outputDir, { engine: lying as unknown as ParquetEngine });
    expect(outcomes).toMatchObject([{ result: 'failed', code: 'CONTENT_DIFFERS' }]);
    expect(readdirSync(path)).toEqual(before);
    expect(await compact(outputDir)).toMatchObject([{ result: 'written', rows: 3 }]);
  }); // prettier-ignore

  withDuckDb('keeps the Parquet file of before when its CSV files are damaged later', async () => {
    const outputDir = newStore(folder);
    const path = await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1)]) });
    await compact(outputDir);
    reseal(path, `aggtrade_${DATE}.1.csv.gz`, gzipSync(csv('aggtrade', ['broken'])));
    expect(await compact(outputDir)).toMatchObject([{ result: 'failed', code: 'CSV_UNREADABLE' }]);
    expect(await duckDb.query(`SELECT count(*) AS n FROM '${parquet(outputDir, 'aggtrade')}'`)).toEqual([
      { n: '1' },
    ]);
  });

  withDuckDb('fails as a whole for a symbol or a date that is none, and when it is stopped', async () => {
    const outputDir = newStore(folder);
    mkdirSync(outputDir, { recursive: true });
    await expect(compact(outputDir, { symbol: '../x' })).rejects.toThrow(RangeError);
    await expect(compact(outputDir, { date: '2026-13-01' })).rejects.toThrow(RangeError);
    await expect(compact(outputDir)).rejects.toMatchObject({ code: 'ENOENT' });
    await sealedDay(outputDir, { [TRADES]: csv('aggtrade', [trade(1)]) });
    await expect(compact(outputDir, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    );
    expect(existsSync(parquet(outputDir, 'aggtrade'))).toBe(false);
  });
});

describe('the engine', () => {
  withDuckDb('has no access to the network and leaves no file of its own', async () => {
    const engine = await ParquetEngine.open();
    const [row] = await engine.query(
      "SELECT current_setting('autoinstall_known_extensions') AS install, current_setting('temp_directory') AS folder, current_setting('TimeZone') AS zone",
    );
    expect(row).toEqual({ install: false, folder: '', zone: 'UTC' });
    engine.close();
  });
});
