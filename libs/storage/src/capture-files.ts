import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { CaptureError } from './capture-error.ts';
import { readCapture } from './capture-reader.ts';

/** A capture in a folder. */
export interface CaptureFile {
  /** As the exchange lists it, upper case. */
  readonly symbol: string;
  /** UTC day of receipt, `YYYY-MM-DD`; undefined where the file's name does not tell. */
  readonly date: string | undefined;
  readonly path: string;
}

/** Lines that are looked at for a stream name before a file counts as something else. */
const SYMBOL_LINES_MAX = 1000;

const NAME = /^(?<symbol>.+)_(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})\.gz$/u;

/**
 * The captures in a folder, by symbol and then by date: `<symbol lower case>_<YYYYMMDD>.gz`, and every other `.gz`
 * whose first messages name a symbol. Compressed CSV files and whatever else lies there are left out.
 */
export async function captureFiles(directory: string): Promise<CaptureFile[]> {
  const files: CaptureFile[] = [];
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.gz') || name.endsWith('.csv.gz')) continue;
    const path = join(directory, name);
    const named = parseName(name);
    const symbol = named?.symbol ?? (await symbolInside(path));
    if (symbol !== undefined) files.push({ symbol, date: named?.date, path });
  }
  return files.sort(
    (a, b) => compare(a.symbol, b.symbol) || compare(a.date ?? '', b.date ?? '') || compare(a.path, b.path),
  );
}

/**
 * The symbol of a capture: from its name, or else from the first message that names a stream.
 * Throws {@link CaptureError} `CAPTURE_SYMBOL_UNKNOWN` when neither tells, and whatever reading the file throws.
 */
export async function captureSymbol(path: string): Promise<string> {
  const symbol = parseName(basename(path))?.symbol ?? (await firstStreamSymbol(path));
  if (symbol !== undefined) return symbol;
  throw new CaptureError(
    'CAPTURE_SYMBOL_UNKNOWN',
    path,
    0,
    `no symbol in its name or first ${SYMBOL_LINES_MAX} lines`,
  );
}

function parseName(name: string): { symbol: string; date: string } | undefined {
  const parts = NAME.exec(name)?.groups;
  const symbol = toSymbol(parts?.['symbol'] ?? '');
  if (parts === undefined || symbol === undefined) return undefined;
  return { symbol, date: `${parts['year']}-${parts['month']}-${parts['day']}` };
}

function toSymbol(lowerCase: string): string | undefined {
  const symbol = lowerCase.normalize('NFC').toUpperCase();
  return isSymbol(symbol) ? symbol : undefined;
}

/** As {@link firstStreamSymbol}, but a file that is no capture is no error. */
async function symbolInside(path: string): Promise<string | undefined> {
  try {
    return await firstStreamSymbol(path);
  } catch (error) {
    if (error instanceof CaptureError) return undefined;
    throw error;
  }
}

async function firstStreamSymbol(path: string): Promise<string | undefined> {
  for await (const { bytes, line } of readCapture(path)) {
    const stream =
      /^\{"stream":"([^"@]+)@/u.exec(bytes.toString('utf8', 0, 300))?.[1] ?? streamOf(bytes.toString());
    const symbol = stream === undefined ? undefined : toSymbol(stream);
    if (symbol !== undefined || line >= SYMBOL_LINES_MAX) return symbol;
  }
  return undefined;
}

/** The slow way, for an envelope whose keys come in another order. */
function streamOf(json: string): string | undefined {
  try {
    const stream = (JSON.parse(json) as { stream?: unknown }).stream;
    return typeof stream === 'string' ? stream.split('@', 1)[0] : undefined;
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
