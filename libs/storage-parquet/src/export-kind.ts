import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prepareSources } from './csv-sources.ts';
import { dayFiles, parquetName } from './day-files.ts';
import type { ParquetEngine, QueryOptions } from './engine.ts';
import { FOOTER } from './footer.ts';
import { removeTemporaries, temporaryPath } from './place.ts';
import { DaySeals } from './seals.ts';
import { writeParquet } from './write-parquet.ts';

/**
 * - `flat`: `<out>/<SYMBOL>/<kind>_<date>.parquet`, as the recorder's own, with columns `kind` and `symbol`
 * - `hive`: `<out>/exchange=…/type=<kind>/symbol=<SYMBOL>/date=<date>/part-0.parquet`; what the path says is no column
 */
export type ParquetLayout = 'flat' | 'hive';

export interface ExportKindOptions extends QueryOptions {
  readonly engine: ParquetEngine;
  /** Folder of the symbol's CSV files. */
  readonly folder: string;
  readonly symbol: string;
  readonly kind: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
  readonly outDir: string;
  readonly layout: ParquetLayout;
  /** Of the path of `hive`. */
  readonly exchange: string;
}

export interface ExportedKind {
  readonly path: string;
  readonly rows: number;
  /** Of the Parquet file. */
  readonly bytes: number;
  /** CSV files that were read. */
  readonly files: number;
  /** Whether rows may still come to one of them. */
  readonly isOpen: boolean;
}

/** A file may be packed and get another name while it is looked for. */
const LOOKS = 3;

/**
 * Writes all CSV files of a kind and a day as one Parquet file into another folder, also of a day that is not over: up to the
 * last whole line of its files. Undefined when there is nothing. Rejects with {@link StorageParquetError} or the system's error.
 */
export async function exportKind(options: ExportKindOptions): Promise<ExportedKind | undefined> {
  for (let look = 1; ; look++) {
    try {
      return await exportOnce(options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || look === LOOKS) throw error;
    }
  }
}

async function exportOnce(options: ExportKindOptions): Promise<ExportedKind | undefined> {
  const { engine, folder, symbol, kind, date, layout, signal } = options;
  const files = (await dayFiles(folder)).filter((file) => file.kind === kind && file.date === date);
  const target = parquetPath(options);
  const token = randomUUID();
  await mkdir(dirname(target), { recursive: true });
  await removeTemporaries(target);
  try {
    const sources = await prepareSources(files, await DaySeals.read(folder, date), { target, token, signal });
    const constants = layout === 'flat' ? { kind, symbol } : {};
    const order = {
      files: sources.files,
      target,
      token,
      constants,
      metadata: FOOTER,
      rowsExpected: sources.rows,
    };
    const written = await writeParquet(engine, order, options);
    const isOpen = files.some(({ isSealed }) => !isSealed);
    return written && { path: target, rows: written.rows, bytes: written.bytes, files: files.length, isOpen };
  } finally {
    for (const index of files.keys()) await rm(temporaryPath(target, `${token}-${index}`), { force: true });
  }
}

/** Where a kind and a day of a symbol goes. */
export function parquetPath({
  outDir,
  layout,
  exchange,
  symbol,
  kind,
  date,
}: Omit<ExportKindOptions, 'engine' | 'folder'>): string {
  if (layout === 'flat') return join(outDir, symbol, parquetName(kind, date));
  const keys = [`exchange=${exchange}`, `type=${kind}`, `symbol=${symbol}`, `date=${date}`];
  return join(outDir, ...keys, 'part-0.parquet');
}
