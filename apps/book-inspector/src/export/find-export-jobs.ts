import { symbolFiles, type SymbolFiles } from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import { isFileProblem, RecordingError } from '../recording.ts';
import type { WantedSymbols } from '../recordings.ts';

/** One file to be made: everything of a kind and a UTC day of a symbol. */
export interface ExportJob {
  readonly symbol: string;
  /** Where its CSV files lie. */
  readonly folder: string;
  readonly kind: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** Of the CSV files as they lie there. */
  readonly sourceBytes: number;
}

/** What of a recording is asked for. */
export interface ExportSelection {
  readonly symbols: WantedSymbols;
  /** Undefined for all. */
  readonly kinds: readonly string[] | undefined;
  /** UTC days, both inclusive; undefined where there is no limit. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Lines of JSON, no rows. */
const WITHOUT_ROWS = 'rejected';

/**
 * The files to be made of a recording, in the order of symbol, kind and day. Rejects with {@link RecordingError} when there
 * is nothing to export, or nothing of a symbol that is asked for.
 */
export async function findExportJobs(dataDir: string, selection: ExportSelection): Promise<ExportJob[]> {
  const found = await symbolFiles(dataDir).catch((error: unknown) => {
    if (!isFileProblem(error)) throw error;
    throw new RecordingError(dataDir, error.message, error);
  });
  const jobs: ExportJob[] = [];
  for (const files of wantedOf(found, selection.symbols)) {
    const ofSymbol = await jobsOf(files, selection);
    if (ofSymbol.length === 0 && selection.symbols !== 'all') throw nothing(dataDir, files.symbol, found);
    jobs.push(...ofSymbol);
  }
  const missing = missingSymbol(found, selection.symbols);
  if (missing !== undefined) throw nothing(dataDir, missing, found);
  if (jobs.length === 0) throw nothing(dataDir, 'any symbol', found);
  return jobs;
}

function wantedOf(found: readonly SymbolFiles[], symbols: WantedSymbols): readonly SymbolFiles[] {
  return symbols === 'all' ? found : found.filter(({ symbol }) => symbols.includes(symbol));
}

function missingSymbol(found: readonly SymbolFiles[], symbols: WantedSymbols): string | undefined {
  const there = new Set(found.map(({ symbol }) => symbol));
  return symbols === 'all' ? undefined : symbols.find((symbol) => !there.has(symbol));
}

function nothing(dataDir: string, what: string, found: readonly SymbolFiles[]): RecordingError {
  const symbols = found.map(({ symbol }) => symbol).join(', ') || 'no symbol';
  const problem = `${dataDir}: expected files of ${what} and of these days and kinds, was none; it has ${symbols}`;
  return new RecordingError(dataDir, problem, undefined);
}

async function jobsOf(
  { symbol, folder, files }: SymbolFiles,
  { kinds, from = '', to = '9999-12-31' }: ExportSelection,
): Promise<ExportJob[]> {
  const jobs = new Map<string, ExportJob>();
  for (const { kind, period, path } of files) {
    const date = period.slice(0, 'YYYY-MM-DD'.length);
    const isWanted = kind !== WITHOUT_ROWS && (kinds?.includes(kind) ?? true) && date >= from && date <= to;
    if (!isWanted) continue;
    const key = `${kind} ${date}`;
    const before = jobs.get(key) ?? { symbol, folder, kind, date, sourceBytes: 0 };
    jobs.set(key, { ...before, sourceBytes: before.sourceBytes + (await sizeOf(path)) });
  }
  return [...jobs.values()];
}
