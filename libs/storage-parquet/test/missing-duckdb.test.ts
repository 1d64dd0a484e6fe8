import { compactDay, ParquetEngine } from '@org/storage-parquet';
import { csv, DATE, newStore, sealedDay, SYMBOL, temporaryFolder } from './recording.ts';

jest.mock('@duckdb/node-api', () => {
  throw new Error("Cannot find module '@duckdb/node-api'");
});

const folder = temporaryFolder();

describe('without DuckDB', () => {
  it('everything says what is missing and how to install it', async () => {
    const missing = {
      code: 'DUCKDB_MISSING',
      message: expect.stringMatching(/npm install @duckdb\/node-api@1\.5\.5-r\.5$/),
    };
    await expect(ParquetEngine.open()).rejects.toMatchObject(missing);
    const outputDir = newStore(folder);
    await sealedDay(outputDir, { [`depth_${DATE}.csv`]: csv('depth', []) });
    await expect(compactDay({ outputDir, symbol: SYMBOL, date: DATE, nowMs: Infinity })).rejects.toMatchObject(missing);
  }); // prettier-ignore
});
