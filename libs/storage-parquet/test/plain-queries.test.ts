import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compactDay, exportKind, knownColumnType } from '@org/storage-parquet';
import { fileHeader } from '@org/storage-csv';
import { PlainDuckDb, withDuckDb } from './duckdb.ts';
import { csv, DATE, everyStream, newStore, record, SYMBOL, temporaryFolder } from './recording.ts';

/*
 * What docs/parquet.md promises of queries without any option, and of those that it shows.
 */
const DOCUMENT = readFileSync(resolve('docs/parquet.md'), 'utf8');
const COUNT = 40;

const folder = temporaryFolder();
const duckDb = new PlainDuckDb();
afterAll(() => duckDb.close());
let made: Promise<string> | undefined;

/** A recording of all streams, packed and compacted; made when the first test wants it. */
function recording(): Promise<string> {
  return (made ??= (async () => {
    const data = newStore(folder);
    await record(data, everyStream(COUNT));
    await compactDay({ outputDir: data, symbol: SYMBOL, date: DATE, nowMs: Date.UTC(2026, 0, 5) });
    return data;
  })());
}

/** SQL of the document, with the recording in the place of `data`. */
function documented(data: string): string[] {
  return [...DOCUMENT.matchAll(/```sql\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => block!.replaceAll(/--.*$/gm, '').split(';'))
    .map((sql) => sql.trim().replaceAll("'data/", `'${data}/`).replaceAll("'lake/", `'${data}-lake/`))
    .filter((sql) => sql !== '');
}

describe('DuckDB without any option', () => {
  withDuckDb('reads all Parquet files of a kind with exact types', async () => {
    const data = await recording();
    const sql = `SELECT * FROM '${data}/**/depth_*.parquet'`;
    expect(Object.values(await duckDb.types(sql))).not.toContain('DOUBLE');
    expect(
      await duckDb.query(`SELECT count(*) AS n, sum(price * quantity) AS notional FROM (${sql})`),
    ).toEqual([{ n: String(2 * COUNT), notional: '10800.0180000000000000' }]);
  });

  withDuckDb('counts Parquet files of all kinds by kind and symbol', async () => {
    const data = await recording();
    const rows = await duckDb.query(`SELECT kind, symbol, count(*)::INTEGER AS n FROM '${data}/**/*.parquet' GROUP BY ALL`);
    expect(rows).toHaveLength(11);
    expect(rows.reduce((sum, { n }) => sum + (n as number), 0)).toBe(13 * COUNT);
    const all = `SELECT * FROM read_parquet('${data}/**/*.parquet', union_by_name = true)`;
    expect(await duckDb.query(`SELECT count(*)::INTEGER AS n FROM (${all})`)).toEqual([{ n: 13 * COUNT }]);
  }); // prettier-ignore

  withDuckDb('reads packed CSV files with every row, ids as integers, and flags', async () => {
    const data = await recording();
    const trades = `SELECT * FROM read_csv('${data}/**/aggtrade_*.csv.gz')`;
    expect(await duckDb.types(trades)).toMatchObject({
      agg_trade_id: 'BIGINT', price: 'DOUBLE', is_buyer_maker: 'BOOLEAN', transact_time: 'BIGINT', local_time: 'BIGINT', source: 'VARCHAR',
    });
    const depth = `SELECT * FROM read_csv('${data}/**/depth_*.csv.gz')`;
    expect(await duckDb.types(depth)).toMatchObject({ final_update_id: 'BIGINT', update_type: 'VARCHAR', side: 'VARCHAR', price: 'DOUBLE' });
    expect(await duckDb.query(`SELECT count(*)::INTEGER AS n FROM (${trades})`)).toEqual([{ n: COUNT }]);
    expect(await duckDb.query(`SELECT count(*)::INTEGER AS n FROM (${depth})`)).toEqual([{ n: 2 * COUNT }]);
  }); // prettier-ignore

  withDuckDb('reads members of gzip behind each other as one file', async () => {
    const data = await recording();
    const rows = Array.from({ length: 3000 }, (_, i) => `${i},1.5,2,1,1,4,true,,7,${900 + i},ws`);
    const text = csv('aggtrade', rows);
    const path = join(data, 'members.csv.gz');
    writeFileSync(path, Buffer.concat([gzipSync(text.slice(0, 9000)), gzipSync(text.slice(9000))]));
    expect(await duckDb.query(`SELECT count(*)::INTEGER AS n FROM read_csv('${path}')`)).toEqual([
      { n: 3000 },
    ]);
  });

  withDuckDb('rounds prices of CSV files without a word when the first 20,480 are whole, but not with types', async () => {
    const path = join(await recording(), 'whole.csv.gz');
    const rows = Array.from({ length: 30_000 }, (_, i) => `${i},${i < 25_000 ? '1' : '1.5'},2,1,1,4,true,,7,${900 + i},ws`);
    writeFileSync(path, gzipSync(csv('aggtrade', rows)));
    expect(await duckDb.query(`SELECT max(price)::VARCHAR AS price FROM read_csv('${path}')`)).toEqual([{ price: '2' }]);
    const typed = `SELECT max(price)::VARCHAR AS price FROM read_csv('${path}', types = {'price': 'DECIMAL(28,8)'})`;
    expect(await duckDb.query(typed)).toEqual([{ price: '1.50000000' }]);
  }); // prettier-ignore
});

describe('the document', () => {
  it('lists exact types of the columns of every kind that has guessed ones', () => {
    const missing = ['aggtrade', 'depth'].flatMap((kind) =>
      fileHeader(kind)!
        .split(',')
        .filter((name) => ['decimal', 'integer'].includes(knownColumnType(name)!))
        .filter((name) => !DOCUMENT.includes(`'${name}': '`)),
    );
    expect(missing).toEqual([]);
  });

  withDuckDb('shows queries that run', async () => {
    const data = await recording();
    const common = {
      engine: await duckDb.engine(),
      symbol: SYMBOL,
      date: DATE,
      exchange: 'binance-usdm',
    } as const;
    const outDir = `${data}-lake`;
    for (const kind of ['depth', 'aggtrade'])
      await exportKind({ ...common, folder: join(data, SYMBOL), kind, outDir, layout: 'hive' });
    const queries = documented(data);
    expect(queries.length).toBeGreaterThan(5);
    for (const sql of queries)
      await duckDb.query(sql).catch((error: Error) => Promise.reject(new Error(`${sql}\n${error.message}`)));
    expect(existsSync(outDir)).toBe(true);
  });
});
