import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { CaptureError, captureFiles, captureSymbol } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import { compareFileNames, parseFileName } from '../file-names.ts';
import { readDepthCapture, visitDepthCapture } from './depth-capture.ts';
import { readDepthFile, visitDepthFile, type DepthVisitOptions } from './depth-file.ts';
import type { DepthMessage, DepthReadOptions } from './depth-message.ts';
import { presentPath } from './present-path.ts';
import { symbolFolders } from './partition-folders.ts';
import type { DepthVisitor } from './raw-depth.ts';

/** Where the depth messages of a symbol are: files to be read one after the other. */
export interface DepthSource {
  readonly format: 'csv' | 'capture';
  readonly symbol: string;
  /** In the order of time. */
  readonly paths: readonly string[];
}

export interface DepthSourceOptions {
  /** Only this UTC day of receipt, `YYYY-MM-DD`; days with hourly files give all of them. Default: everything. */
  readonly date?: string;
}

/**
 * Finds the depth data of a symbol in a folder of our own (`<dataDir>/<SYMBOL>/depth_*.csv[.gz]`, or that symbol's
 * folder itself), in a folder of raw captures (`<symbol lower case>_<YYYYMMDD>.gz`), or takes a single file of either
 * kind. Rejects with {@link StorageCsvError} `DEPTH_NOT_FOUND`, which lists the symbols that have data.
 */
export async function findDepthSources(
  dataDir: string,
  symbol: string,
  options: DepthSourceOptions = {},
): Promise<DepthSource> {
  const sources = await depthSources(dataDir, options);
  const found = sources.find((source) => source.symbol === symbol || source.symbol === '');
  if (found !== undefined) return { ...found, symbol };
  const symbols = [...new Set(sources.map((source) => source.symbol))].sort();
  const there = symbols.length === 0 ? 'no symbol' : symbols.join(', ');
  const day = options.date === undefined ? '' : ` on ${options.date}`;
  throw new StorageCsvError(
    'DEPTH_NOT_FOUND',
    dataDir,
    `expected depth data of ${symbol}${day}, was that of ${there}`,
    { symbols },
  );
}

/**
 * Every symbol with depth data in a folder, or of a single file; see {@link findDepthSources}. The symbol is '' for a
 * single CSV file that lies in no symbol's folder.
 */
export async function depthSources(
  dataDir: string,
  options: DepthSourceOptions = {},
): Promise<DepthSource[]> {
  const stats = await stat(dataDir).catch((cause: unknown) => {
    throw new StorageCsvError('FILE_UNREADABLE', dataDir, 'expected a file or a folder', { cause });
  });
  if (!stats.isDirectory()) return fileSource(dataDir);
  const folders = await symbolFolders(dataDir);
  if (isSymbol(basename(dataDir))) folders.push(dataDir);
  const sources: DepthSource[] = [];
  for (const folder of folders.sort()) {
    const paths = await depthFiles(folder, options.date);
    if (paths.length > 0) sources.push({ format: 'csv', symbol: basename(folder), paths });
  }
  return [...sources, ...(await captureSources(dataDir, options.date))];
}

/** The messages of a source, file after file, whatever its format. */
export async function* readDepthSource(
  source: DepthSource,
  options: DepthReadOptions = {},
): AsyncGenerator<DepthMessage> {
  const { symbol, paths } = source;
  if (source.format === 'capture') yield* readDepthCapture(paths, { ...options, symbol, bookTickers: false });
  else for (const path of paths) yield* readDepthFile(presentPath(path), { ...options, symbol });
}

/** What {@link readDepthSource} gives, without a string or an object a level; see `visitDepthFile`. */
export async function visitDepthSource(
  source: DepthSource,
  visit: DepthVisitor,
  options: DepthVisitOptions = {},
): Promise<boolean> {
  const { symbol, paths } = source;
  if (source.format === 'capture') return visitDepthCapture(paths, visit, { ...options, symbol });
  for (const path of paths) if (!(await visitDepthFile(presentPath(path), visit, options))) return false;
  return true;
}

async function fileSource(path: string): Promise<DepthSource[]> {
  if (/\.csv(?:\.gz)?$/.test(path)) {
    const folder = basename(dirname(path));
    return [{ format: 'csv', symbol: isSymbol(folder) ? folder : '', paths: [path] }];
  }
  try {
    return [{ format: 'capture', symbol: await captureSymbol(path), paths: [path] }];
  } catch (error) {
    if (error instanceof CaptureError && error.code === 'CAPTURE_SYMBOL_UNKNOWN') return [];
    throw error;
  }
}

async function depthFiles(folder: string, date: string | undefined): Promise<string[]> {
  const names = new Set(await readdir(folder));
  const found = [...names].flatMap((name) => {
    const parts = parseFileName(name);
    const isWanted =
      parts?.kind === 'depth' && (date === undefined || parts.period.slice(0, 'YYYY-MM-DD'.length) === date);
    // A file that is being closed lies there twice for a moment: the uncompressed one goes away last.
    const isDouble = parts?.isCompressed === true && names.has(name.slice(0, -'.gz'.length));
    return isWanted && !isDouble ? [{ name, parts }] : [];
  });
  return found.sort((a, b) => compareFileNames(a.parts, b.parts)).map(({ name }) => join(folder, name));
}

async function captureSources(folder: string, date: string | undefined): Promise<DepthSource[]> {
  const pathsBySymbol = new Map<string, string[]>();
  for (const capture of await captureFiles(folder)) {
    if (date !== undefined && capture.date !== date) continue;
    pathsBySymbol.set(capture.symbol, [...(pathsBySymbol.get(capture.symbol) ?? []), capture.path]);
  }
  return [...pathsBySymbol].map(([symbol, paths]) => ({ format: 'capture', symbol, paths }));
}
