import type { StoredEnd, SymbolFiles } from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import type { JobRunner } from '../replay-job.ts';
import type { ReadProgress } from '../replay-recording.ts';
import { isGrowing } from './growth.ts';
import { verifyCaptures, type CaptureJob } from './verify-captures.ts';
import { verifySymbol } from './verify-symbol.ts';
import type { SymbolVerdict } from './verdict.ts';

/** The check of one symbol, as plain data, so that another thread can do it. */
export type VerifyJob =
  | {
      readonly type: 'recording';
      readonly files: SymbolFiles;
      /** What the recorder's checkpoint says about them, by `<SYMBOL>/<name>`. */
      readonly ends: Readonly<Record<string, StoredEnd>>;
    }
  | ({ readonly type: 'captures' } & CaptureJob);

export type VerifyRunner = JobRunner<VerifyJob, SymbolVerdict>;

/** Bytes of its files as they lie on disk. */
export async function bytesOfJob(job: VerifyJob): Promise<number> {
  const paths = job.type === 'captures' ? job.paths : job.files.files.map(({ path }) => path);
  let bytes = 0;
  for (const path of paths) bytes += await sizeOf(path);
  return bytes;
}

/** Does jobs in this thread. */
export class LocalVerifyRunner implements VerifyRunner {
  async run(job: VerifyJob, progress: (progress: ReadProgress) => void): Promise<SymbolVerdict> {
    const bytesTotal = await bytesOfJob(job);
    const tell = (bytesRead: number): void => progress({ bytesRead, bytesTotal });
    if (job.type === 'captures') return verifyCaptures(job, tell);
    const ends = new Map(Object.entries(job.ends));
    return verifySymbol(job.files, { ends, isGrowing, progress: tell });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
