import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { depthSources, storedEnds, symbolFiles, type StoredEnd, type SymbolFiles } from '@org/storage-csv';
import { isFileProblem, RecordingError } from '../recording.ts';
import type { WantedSymbols } from '../recordings.ts';
import type { VerifyJob } from './verify-job.ts';

/**
 * What there is to check in a folder: symbols of a recording, and captures; or one capture. In the order asked, `all` in that
 * of the alphabet. Rejects with {@link RecordingError} when there is nothing, or nothing of a symbol that is asked for.
 */
export async function findVerifyJobs(dataDir: string, wanted: WantedSymbols): Promise<VerifyJob[]> {
  const jobs = await allJobs(dataDir);
  const symbols = [...new Set(jobs.map(symbolOf))].sort();
  if (wanted === 'all') {
    if (jobs.length > 0) return jobs.sort((a, b) => (symbolOf(a) < symbolOf(b) ? -1 : 1));
    throw new RecordingError(
      dataDir,
      `${dataDir}: expected files of a recording or captures, was none`,
      undefined,
    );
  }
  return wanted.flatMap((symbol) => {
    const found = jobs.filter((job) => symbolOf(job) === symbol);
    if (found.length > 0) return found;
    const there = symbols.length === 0 ? 'no symbol' : symbols.join(', ');
    throw new RecordingError(
      dataDir,
      `${dataDir}: expected files of ${symbol}, was those of ${there}`,
      undefined,
    );
  });
}

export function symbolOf(job: VerifyJob): string {
  return job.type === 'captures' ? job.symbol : job.files.symbol;
}

async function allJobs(dataDir: string): Promise<VerifyJob[]> {
  try {
    const isFolder = (await stat(dataDir).catch(() => undefined))?.isDirectory() === true;
    const own = isFolder ? await ownJobs(dataDir) : [];
    const captures = (await depthSources(dataDir)).filter(({ format }) => format === 'capture');
    return [...own, ...captures.map(({ symbol, paths }): VerifyJob => ({ type: 'captures', symbol, paths }))];
  } catch (error) {
    if (!isFileProblem(error)) throw error;
    throw new RecordingError(dataDir, error.message, error);
  }
}

async function ownJobs(dataDir: string): Promise<VerifyJob[]> {
  // First: every file has at least the length that the checkpoint of a moment before tells.
  const inFolder = await storedEnds(dataDir);
  const found = await symbolFiles(dataDir);
  const ends = inFolder.size > 0 ? inFolder : await storedEnds(dirname(resolve(dataDir)));
  return found.map((files) => ({ type: 'recording', files, ends: endsOf(files, ends) }));
}

function endsOf({ symbol }: SymbolFiles, ends: ReadonlyMap<string, StoredEnd>): Record<string, StoredEnd> {
  return Object.fromEntries([...ends].filter(([path]) => path.startsWith(`${symbol}/`)));
}
