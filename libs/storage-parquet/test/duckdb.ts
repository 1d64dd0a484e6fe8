import { ParquetEngine, type Row } from '@org/storage-parquet';

/** Tests that need DuckDB, which is an optional package; they are skipped, and said to be, where it is not installed. */
export const withDuckDb = isInstalled() ? it : it.skip;

function isInstalled(): boolean {
  try {
    require.resolve('@duckdb/node-api');
    return true;
  } catch {
    console.warn('the tests of Parquet files are skipped: @duckdb/node-api is not installed');
    return false;
  }
}

/** DuckDB as somebody has it who installed it and set nothing. */
export class PlainDuckDb {
  #engine: ParquetEngine | undefined;

  async query(sql: string): Promise<readonly Row[]> {
    return (await this.engine()).query(sql);
  }

  async engine(): Promise<ParquetEngine> {
    return (this.#engine ??= await ParquetEngine.open());
  }

  /** Column types of a query, by name. */
  async types(sql: string): Promise<Record<string, unknown>> {
    const rows = await this.query(`DESCRIBE ${sql}`);
    return Object.fromEntries(rows.map((row) => [String(row['column_name']), row['column_type']]));
  }

  close(): void {
    this.#engine?.close();
  }
}
