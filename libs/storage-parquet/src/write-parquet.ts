import { rm } from 'node:fs/promises';
import { CsvRows, type CsvFile } from './csv-rows.ts';
import type { ParquetEngine, QueryOptions, Row } from './engine.ts';
import { firstLines, StorageParquetError } from './errors.ts';
import { putInPlace, sizeOf, temporaryPath, writeError } from './place.ts';
import { digitsOf, digitsSql, RowSchema, type RowFacts, type ScannedFacts } from './row-schema.ts';
import { identifier, literal, pathLiteral } from './sql.ts';

/** Rows of a row group: as much as DuckDB hands on at a time, and what a reader can leave out by its statistics. */
export const ROW_GROUP_ROWS = 122_880;

export interface ParquetOrder {
  /** CSV files whose rows come behind each other, in the order given. */
  readonly files: readonly CsvFile[];
  readonly target: string;
  /** Tells this writer's temporary file from those of others: 1 to 64 letters, digits, `_`, `-`. */
  readonly token: string;
  /** Columns of one value each, before those of the files. */
  readonly constants: Readonly<Record<string, string>>;
  /** Stands in the footer, as key and value; at least one. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Rows that the files must have; undefined where nobody knows. */
  readonly rowsExpected?: number | undefined;
}

export interface WrittenParquet extends RowFacts {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Writes CSV rows as one Parquet file, in their order, and puts it in its place when every row of it is as it was read: count,
 * sums and a hash of each row with its place are derived from the CSV text and again from what was written. Undefined when
 * the files have no header, so that there is nothing to write. Rejects with {@link StorageParquetError}; then whatever
 * was in the place is still there.
 */
export async function writeParquet(
  engine: ParquetEngine,
  order: ParquetOrder,
  options: QueryOptions = {},
): Promise<WrittenParquet | undefined> {
  const csv = await CsvRows.open(order.files);
  if (csv.columns.length === 0) return undefined;
  const temporary = temporaryPath(order.target, order.token);
  const work = { engine, csv, order, temporary, options };
  try {
    const { schema, facts } = await scanAndConvert(work);
    await check(work, schema, facts);
    const bytes = await sizeOf(temporary);
    await putInPlace(temporary, order.target);
    return { rows: facts.rows, hash: facts.hash, sums: facts.sums, bytes };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    options.signal?.throwIfAborted();
    throw error instanceof StorageParquetError ? error : await writeError(order.target, error);
  }
}

interface Work {
  readonly engine: ParquetEngine;
  readonly csv: CsvRows;
  readonly order: ParquetOrder;
  readonly temporary: string;
  readonly options: QueryOptions;
}

/** The types that rows were written with, and the facts of the rows as these types. */
interface Scanned {
  readonly schema: RowSchema;
  readonly facts: ScannedFacts;
}

/**
 * Each of the two reads the files by itself, in one thread each. So they are converted with the usual types while they are
 * scanned for whether these are enough, and once more where they are not.
 */
async function scanAndConvert(work: Work): Promise<Scanned> {
  const usual = new RowSchema(work.csv.columns);
  const [scanned, converted] = await Promise.allSettled([scan(work), convert(work, usual)]);
  if (scanned.status === 'rejected') throw scanned.reason as Error;
  const { schema } = scanned.value;
  if (!scanned.value.isUsual) await convert(work, schema);
  else if (converted.status === 'rejected') throw converted.reason as Error;
  return scanned.value;
}

async function scan(work: Work): Promise<Scanned & { readonly isUsual: boolean }> {
  const { csv, order, options } = work;
  const where = order.files[0]!.path;
  try {
    const usual = new RowSchema(csv.columns);
    let scanned: Scanned = { schema: usual, facts: await scanWith(work, usual) };
    const { suspects } = scanned.facts;
    if (suspects.length > 0) {
      const digits = digitsOf(await one(work, digitsSql(csv.sql(), suspects)), suspects);
      const schema = new RowSchema(csv.columns, digits);
      scanned = { schema, facts: await scanWith(work, schema) };
    }
    checkScanned(scanned.facts, where, order.rowsExpected);
    return { ...scanned, isUsual: suspects.length === 0 };
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (!(cause instanceof StorageParquetError))
      throw new StorageParquetError('CSV_UNREADABLE', where, firstLines(cause), cause);
    if (cause.path !== '') throw cause;
    throw new StorageParquetError(cause.code, where, cause.message, cause);
  }
}

async function scanWith(work: Work, schema: RowSchema): Promise<ScannedFacts> {
  return schema.scanned(await one(work, schema.scanSql(work.csv.sql())));
}

function checkScanned({ rows, inexact, unread }: ScannedFacts, where: string, expected?: number): void {
  if (inexact + unread > 0) {
    const problem = `expected plain numbers, was ${Math.max(inexact, unread)} rows with others`;
    throw new StorageParquetError('NUMBER_INEXACT', where, problem);
  }
  if (expected !== undefined && expected !== rows)
    throw new StorageParquetError('SEAL_BROKEN', where, `expected ${expected} rows by the manifest, was ${rows}`);
} // prettier-ignore

async function convert({ engine, csv, order, temporary, options }: Work, schema: RowSchema): Promise<void> {
  const constants = Object.entries(order.constants).map(
    ([name, value]) => `${literal(value)} AS ${identifier(name)}`,
  );
  const metadata = Object.entries(order.metadata).map(
    ([key, value]) => `${identifier(key)}: ${literal(value)}`,
  );
  await engine.query(
    `COPY (${schema.convertSql(csv.sql(), constants)}) TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, ` +
      `PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, KV_METADATA {${metadata.join(', ')}})`,
    options,
  );
}

async function check(work: Work, schema: RowSchema, { rows, hash, sums }: RowFacts): Promise<void> {
  const written = schema.facts(await one(work, schema.checkSql(pathLiteral(work.temporary))));
  if (JSON.stringify(written) === JSON.stringify({ rows, hash, sums })) return;
  const problem = `expected ${rows} rows with hash ${hash}, was ${written.rows} with ${written.hash}`;
  throw new StorageParquetError('CONTENT_DIFFERS', work.order.target, problem);
}

async function one({ engine, options: { signal } }: Work, sql: string): Promise<Row> {
  return (await engine.query(sql, { signal }))[0]!;
}
