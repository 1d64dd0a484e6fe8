import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { prepareSources } from './csv-sources.ts';
import { dayFiles, parquetName, type DayFile } from './day-files.ts';
import { ParquetEngine } from './engine.ts';
import { firstLines, StorageParquetError } from './errors.ts';
import { footerOf, isMadeOf } from './footer.ts';
import { removeTemporaries, temporaryPath, writeError } from './place.ts';
import { DaySeals, type Seal } from './seals.ts';
import { writeParquet } from './write-parquet.ts';

export interface CompactDayOptions {
  /** The recorder's output folder. */
  readonly outputDir: string;
  readonly symbol: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
  /** Default: one that is opened for this day. */
  readonly engine?: ParquetEngine;
  /** Only these; default all that there are. */
  readonly kinds?: readonly string[];
  /** Default: the time of day. A day that is not over is not compacted. */
  readonly nowMs?: number;
  readonly signal?: AbortSignal;
  /** A kind is begun. */
  readonly began?: (kind: string) => void;
}

/** What became of one kind of a day. */
export type CompactOutcome =
  /** `<kind>_<date>.parquet` is there, checked and durable. */
  | {
      readonly kind: string;
      readonly result: 'written';
      readonly path: string;
      readonly rows: number;
      readonly bytes: number;
    }
  /** It was there before, made of the same CSV files. */
  | { readonly kind: string; readonly result: 'current'; readonly path: string }
  /** The day is not over, or a file of it is not sealed: rows may come. */
  | { readonly kind: string; readonly result: 'open' }
  /** The CSV files have not even a header. */
  | { readonly kind: string; readonly result: 'empty' }
  /** Whatever was there before is still there; `code` is one of {@link StorageParquetError}. */
  | {
      readonly kind: string;
      readonly result: 'failed';
      readonly path: string;
      readonly code: string;
      readonly problem: string;
    };

const DAY_MS = 86_400_000;

/**
 * Makes `<kind>_<date>.parquet` beside the closed CSV files of a symbol and a UTC day, one for each kind; the CSV files stay.
 * Whatever ends it on its way, a repeat gives the same files; it leaves alone what is made of the same CSV files already. A
 * kind that fails stops no other. Rejects with `DUCKDB_MISSING`, with the reason of `signal`, or when the folder cannot be
 * read; throws a `RangeError` for a symbol or a date that is none.
 */
export async function compactDay(options: CompactDayOptions): Promise<readonly CompactOutcome[]> {
  const { outputDir, symbol, date, kinds, nowMs = Date.now() } = options;
  const endMs = Date.parse(date) + DAY_MS;
  if (!isSymbol(symbol)) throw new RangeError(`expected a symbol, was ${JSON.stringify(symbol)}`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(endMs))
    throw new RangeError(`expected a date as YYYY-MM-DD, was ${JSON.stringify(date)}`);
  const folder = join(outputDir, symbol);
  const files = (await dayFiles(folder)).filter((file) => file.date === date);
  const wanted = [...new Set(files.map(({ kind }) => kind))].filter((kind) => kinds?.includes(kind) ?? true);
  if (nowMs < endMs) return wanted.map((kind) => ({ kind, result: 'open' }));
  const engine = options.engine ?? (await ParquetEngine.open());
  try {
    const work = new DayWork(folder, engine, await DaySeals.read(folder, date), options);
    const outcomes: CompactOutcome[] = [];
    for (const kind of wanted)
      outcomes.push(await work.run(kind, files.filter((file) => file.kind === kind))); // prettier-ignore
    return outcomes;
  } finally {
    if (options.engine === undefined) engine.close();
  }
}

class DayWork {
  readonly #folder: string;
  readonly #engine: ParquetEngine;
  readonly #seals: DaySeals;
  readonly #options: CompactDayOptions;

  constructor(folder: string, engine: ParquetEngine, seals: DaySeals, options: CompactDayOptions) {
    this.#folder = folder;
    this.#engine = engine;
    this.#seals = seals;
    this.#options = options;
  }

  async run(kind: string, files: readonly DayFile[]): Promise<CompactOutcome> {
    const target = join(this.#folder, parquetName(kind, this.#options.date));
    await removeTemporaries(target);
    if (files.some(({ isSealed }) => !isSealed)) return { kind, result: 'open' };
    try {
      return await this.#compact(kind, files, target);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const typed = error instanceof StorageParquetError ? error : await writeError(target, error);
      return { kind, result: 'failed', path: target, code: typed.code, problem: firstLines(typed) };
    }
  }

  async #compact(kind: string, files: readonly DayFile[], target: string): Promise<CompactOutcome> {
    const { signal, began, symbol } = this.#options;
    const seals: Seal[] = [];
    for (const file of files) seals.push(await this.#seals.of(file));
    const metadata = footerOf(seals);
    if (await isMadeOf(this.#engine, target, metadata)) return { kind, result: 'current', path: target };
    began?.(kind);
    const token = randomUUID();
    try {
      const sources = await prepareSources(files, this.#seals, { target, token, signal });
      const constants = { kind, symbol };
      const order = { files: sources.files, target, token, constants, metadata, rowsExpected: sources.rows };
      const written = await writeParquet(this.#engine, order, { signal });
      if (written === undefined) return { kind, result: 'empty' };
      return { kind, result: 'written', path: target, rows: written.rows, bytes: written.bytes };
    } finally {
      for (const index of files.keys()) await rm(temporaryPath(target, `${token}-${index}`), { force: true });
    }
  }
}
