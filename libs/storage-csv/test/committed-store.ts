import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SinkOpened } from '@org/storage';
import { addToSum, CsvSink, storedEnds } from '@org/storage-csv';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { aggTradeFrame, batchOf, newStore, NOON_US, rowsOf } from './store.ts';

export const FILE = 'BTCUSDT/aggtrade_2026-01-02.csv';
export const NEXT_PART = 'BTCUSDT/aggtrade_2026-01-02.1.csv';
export const DAY_US = 86_400_000_000;

export const trade = (id: number, symbol = 'BTCUSDT', receivedAtUs = NOON_US) => ({
  stream: `${symbol}@aggTrade`,
  receivedAtUs,
  payload: aggTradeFrame(id, { s: symbol }),
});
export const ids = (path: string) => rowsOf(path).map((row) => Number(row['agg_trade_id']));

export interface Contents {
  readonly position: number;
  readonly state?: string;
  readonly owner: string;
  /** Lengths. */
  readonly files: Readonly<Record<string, number>>;
}

type StoredContents = Omit<Contents, 'files'> & {
  readonly files: Readonly<Record<string, number | readonly [number, number]>>;
};

export const checkpointPath = (outputDir: string) => join(outputDir, '.csv-checkpoint.json');
export function checkpointOf(outputDir: string): Contents {
  const { files, ...others } = JSON.parse(readFileSync(checkpointPath(outputDir), 'utf8')) as StoredContents;
  const lengths = Object.entries(files).map(([path, end]) => [path, typeof end === 'number' ? end : end[0]]);
  return { ...others, files: Object.fromEntries(lengths) as Contents['files'] };
}

/** Paths of the files that the checkpoint gives no sum, or one that their bytes have not. */
export async function wrongSums(outputDir: string): Promise<string[]> {
  const ends = [...(await storedEnds(outputDir))];
  const isWrong = ([path, { bytes, sum }]: (typeof ends)[number]): boolean =>
    sum === undefined || addToSum(0, readFileSync(join(outputDir, path)).subarray(0, bytes)) !== sum;
  return ends.filter(isWrong).map(([path]) => path);
}

export async function open(outputDir: string, fileSystem = new FaultyFileSystem()) {
  const sink = new CsvSink({ outputDir, fileSystem });
  const opened: SinkOpened = await sink.open();
  return { sink, fileSystem, opened };
}

/** A store with trades 1 and 2, committed at position 1. */
export async function committed(
  folder: string,
  ...more: readonly ReturnType<typeof trade>[]
): Promise<string> {
  const outputDir = newStore(folder);
  const { sink } = await open(outputDir);
  await sink.append(batchOf(trade(1), trade(2), ...more), 1);
  await sink.commit('one');
  await sink.close();
  return outputDir;
}

/** Opens the store, appends trade 9 and commits. */
export async function goOn(outputDir: string): Promise<SinkOpened> {
  const { sink, opened } = await open(outputDir);
  await sink.append(batchOf(trade(9)), opened.position + 1);
  await sink.commit();
  await sink.close();
  return opened;
}

/** Thousands of files are opened in some tests, and no power is cut. */
export function withoutSyncs(): FaultyFileSystem {
  const fileSystem = new FaultyFileSystem();
  fileSystem.syncs = false;
  return fileSystem;
}

export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  );
