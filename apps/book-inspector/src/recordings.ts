import { depthSources, type DepthSource } from '@org/storage-csv';
import { sizeOf } from './file-size.ts';
import { isFileProblem, Recording, RecordingError } from './recording.ts';

/** The symbols that are asked for; `all` is every one that has depth data. */
export type WantedSymbols = readonly string[] | 'all';

/** A symbol that was asked for, and where its depth is, or why it is nowhere. */
export interface FoundRecording {
  readonly symbol: string;
  readonly source: DepthSource | undefined;
  readonly problem: string;
}

/**
 * Looks for the depth of many symbols in one look at the folder; in the order asked, `all` in that of the alphabet.
 * Rejects with {@link RecordingError} when the folder cannot be read, or all are asked for and there is none.
 */
export async function findRecordings(
  dataDir: string,
  wanted: WantedSymbols,
  date: string | undefined,
): Promise<FoundRecording[]> {
  const bySymbol = new Map<string, DepthSource>();
  for (const source of await sourcesIn(dataDir, date)) {
    // A symbol may have files of our own and captures; the former come first.
    if (!bySymbol.has(source.symbol)) bySymbol.set(source.symbol, source);
  }
  const symbols = wanted === 'all' ? [...bySymbol.keys()].filter((symbol) => symbol !== '').sort() : wanted;
  if (symbols.length === 0) {
    const day = date === undefined ? '' : ` on ${date}`;
    throw new RecordingError(
      dataDir,
      `${dataDir}: expected depth data of any symbol${day}, was none`,
      undefined,
    );
  }
  const found: FoundRecording[] = [];
  for (const symbol of symbols) {
    // A file that lies in no symbol's folder is of whatever symbol is asked for.
    const source = bySymbol.get(symbol) ?? bySymbol.get('');
    const isFound = source !== undefined;
    found.push({
      symbol,
      source: isFound ? { ...source, symbol } : undefined,
      problem: isFound ? '' : await problemOf(dataDir, symbol, date),
    });
  }
  return found;
}

/** Bytes of its files as they lie on disk. */
export async function bytesOf(source: DepthSource): Promise<number> {
  let bytes = 0;
  for (const path of source.paths) bytes += await sizeOf(path);
  return bytes;
}

async function sourcesIn(dataDir: string, date: string | undefined): Promise<DepthSource[]> {
  try {
    return await depthSources(dataDir, date === undefined ? {} : { date });
  } catch (error) {
    if (!isFileProblem(error)) throw error;
    throw new RecordingError(dataDir, error.message, error);
  }
}

/** The same words as for a symbol that is asked for alone. */
async function problemOf(dataDir: string, symbol: string, date: string | undefined): Promise<string> {
  try {
    await Recording.open(dataDir, symbol, date);
    return 'its files have appeared only now';
  } catch (error) {
    if (error instanceof RecordingError) return error.message;
    throw error;
  }
}
