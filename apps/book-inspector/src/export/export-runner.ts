import { exportKind, type ExportKindOptions, type ParquetEngine } from '@org/storage-parquet';
import type { JobRunner } from '../replay-job.ts';
import type { ReadProgress } from '../replay-recording.ts';
import type { ExportJob } from './find-export-jobs.ts';
import type { ExportOutcome } from './export-report.ts';

/** Where to and how, the same for all files. */
export type ExportTarget = Pick<ExportKindOptions, 'outDir' | 'layout' | 'exchange'>;

/** Makes one file at a time. The engine, which several of them share, does it in threads of its own. */
export class ExportRunner implements JobRunner<ExportJob, ExportOutcome> {
  readonly #engine: ParquetEngine;
  readonly #target: ExportTarget;

  constructor(engine: ParquetEngine, target: ExportTarget) {
    this.#engine = engine;
    this.#target = target;
  }

  async run(
    { symbol, folder, kind, date, sourceBytes }: ExportJob,
    progress: (progress: ReadProgress) => void,
  ): Promise<ExportOutcome> {
    const what = { symbol, kind, date };
    const written = await exportKind({
      ...what,
      ...this.#target,
      engine: this.#engine,
      folder,
      progress: (share) => progress({ bytesRead: share * sourceBytes, bytesTotal: sourceBytes }),
    });
    if (written === undefined) return { ...what, result: 'empty' };
    const { path, rows, bytes, files, isOpen } = written;
    return { ...what, result: 'written', path, rows, bytes, sources: files, sourceBytes, open: isOpen };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
