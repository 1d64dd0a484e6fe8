import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compactDay, exportKind } from '@org/storage-parquet';
import { PlainDuckDb, withDuckDb } from './duckdb.ts';
import { DATE, everyStream, newStore, record, SYMBOL, temporaryFolder } from './recording.ts';

const folder = temporaryFolder();
const duckDb = new PlainDuckDb();
const COUNT = 40;
let data: string;
beforeAll(async () => {
  data = newStore(folder);
  await record(data, everyStream(COUNT));
  await compactDay({ outputDir: data, symbol: SYMBOL, date: DATE, nowMs: Date.UTC(2026, 0, 5) }).catch(() => []);
}); // prettier-ignore
afterAll(() => duckDb.close());
void [execFileSync, mkdirSync, symlinkSync, dirname, exportKind];

describe('DuckDB without any option', () => {
  withDuckDb('x', async () => {
    for (const q of [
      `DESCRIBE SELECT * FROM '${data}/**/depth_*.parquet'`,
      `DESCRIBE SELECT * FROM read_csv('${data}/**/aggtrade_*.csv.gz')`,
      `DESCRIBE SELECT * FROM read_csv('${data}/**/depth_*.csv.gz')`,
      ...[
        'gaps',
        'kline',
        'orderbook',
        'bookticker',
        'trade',
        'markprice',
        'forceorder',
        'ticker',
        'miniticker',
      ].map((k) => `DESCRIBE SELECT * FROM read_csv('${data}/**/${k}_*.csv.gz')`),
      `SELECT kind, symbol, count(*) n FROM '${data}/**/*.parquet' GROUP BY ALL`,
      `SELECT * FROM '${data}/**/*.parquet'`,
      `SELECT count(*) FROM read_parquet('${data}/**/*.parquet', union_by_name=true)`,
      `SELECT sum(price*quantity) AS n, count(*) FROM '${data}/**/aggtrade_*.parquet'`,
    ]) {
      try {
        const rows = await duckDb.query(q);
        console.log(
          q.replace(data, 'data'),
          rows
            .map((r) => (r['column_name'] ? `${r['column_name']}:${r['column_type']}` : JSON.stringify(r)))
            .join(' ')
            .slice(0, 900),
        );
      } catch (e) {
        console.log(q.replace(data, 'data'), 'ERR', (e as Error).message.slice(0, 500));
      }
    }
  });
});
