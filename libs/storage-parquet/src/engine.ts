import type * as DuckDb from '@duckdb/node-api';
import { firstLines, StorageParquetError } from './errors.ts';

export interface EngineOptions {
  /** What DuckDB may use for its buffers; default 256 MiB. The process takes some 60 MiB more. */
  readonly memoryLimitBytes?: number;
  /** Default 1. A gzip file is read by one thread, so more of them are for several conversions at a time. */
  readonly threads?: number;
}

/** One row of an answer: numbers beyond 2^53 and decimals are texts. */
export type Row = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how much is done, from 0 to 1. */
  readonly progress?: ((share: number) => void) | undefined;
}

export const DUCKDB_PACKAGE = '@duckdb/node-api';
const DUCKDB_VERSION = '1.5.5-r.5';
const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024;
const PROGRESS_INTERVAL_MS = 200;

/** DuckDB in this process: it reads CSV and writes Parquet, never goes to the network and leaves no file of its own. */
export class ParquetEngine {
  readonly #instance: DuckDb.DuckDBInstance;

  private constructor(instance: DuckDb.DuckDBInstance) {
    this.#instance = instance;
  }

  /** Rejects with `DUCKDB_MISSING` where the optional package is not installed. */
  static async open(options: EngineOptions = {}): Promise<ParquetEngine> {
    const { memoryLimitBytes = MEMORY_LIMIT_BYTES, threads = 1 } = options;
    const { DuckDBInstance } = await loadDuckDb();
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.floor(memoryLimitBytes / 1024)}KiB`,
      threads: String(threads),
      temp_directory: '',
      autoload_known_extensions: 'false',
      autoinstall_known_extensions: 'false',
    });
    const engine = new ParquetEngine(instance);
    await engine.query("SET GLOBAL TimeZone = 'UTC'");
    return engine;
  }

  /** The rows that a statement answers. Rejects with DuckDB's own error, or with the reason of `signal`. */
  async query(sql: string, { signal, progress }: QueryOptions = {}): Promise<readonly Row[]> {
    signal?.throwIfAborted();
    const connection = await this.#instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    const timer = progress && (await watch(connection, progress));
    try {
      return (await connection.runAndReadAll(sql)).getRowObjectsJson();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
    }
  }

  close(): void {
    this.#instance.closeSync();
  }
}

async function watch(
  connection: DuckDb.DuckDBConnection,
  progress: (share: number) => void,
): Promise<NodeJS.Timeout> {
  await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false');
  return setInterval(() => {
    const { percentage } = connection.progress;
    if (percentage > 0) progress(Math.min(1, percentage / 100));
  }, PROGRESS_INTERVAL_MS);
}

async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    const problem = `Parquet needs the package ${DUCKDB_PACKAGE}, which cannot be loaded here (${firstLines(cause)}); install it with: npm install ${DUCKDB_PACKAGE}@${DUCKDB_VERSION}`;
    throw new StorageParquetError('DUCKDB_MISSING', '', problem, cause);
  }
}
