import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { depthSources, symbolFiles, type DepthSource } from '@org/storage-csv';
import { ParquetEngine, StorageParquetError } from '@org/storage-parquet';
import { ExportRunner } from '../export/export-runner.ts';
import { writeCaptureRows } from '../export/capture-rows.ts';
import { exportReport, failedExport, type ExportOutcome } from '../export/export-report.ts';
import { findExportJobs, type ExportJob } from '../export/find-export-jobs.ts';
import { isFileProblem, RecordingError } from '../recording.ts';
import type { WantedSymbols } from '../recordings.ts';
import { runJobs } from '../run-jobs.ts';
import { countText } from './count-text.ts';
import type { ExportOptions } from './export-command.ts';
import { exportText } from './export-text.ts';
import type { CliIo } from './io.ts';
import { ManyProgress } from './many-progress.ts';
import { ReplayFailure } from './replay-failure.ts';
import { ResultOutput } from './result-output.ts';

const MIB = 1024 * 1024;
/** Of the first file; each of those that are made at the same time needs half as much more. */
const MEMORY_BYTES = 256 * MIB;

/** Exports a recording and tells what was done; returns whether nothing failed. Throws {@link ReplayFailure}. */
export async function runExport(options: ExportOptions, io: CliIo): Promise<boolean> {
  const startedAtMs = io.nowMs();
  const outcomes = await withCaptures(options, io, async (dataDir) => {
    const jobs = await findExportJobs(dataDir, options.selection).catch(throwAsFailure);
    return exportAll(jobs, options, io);
  });
  const report = exportReport(outcomes, Math.round(io.nowMs() - startedAtMs));
  const output = new ResultOutput(io, undefined);
  const isJson = options.report === 'json';
  await output.write(isJson ? `${JSON.stringify(report)}\n` : exportText(report, output.style));
  return report.complete;
}

/** Gives the recording, or one that is made of captures beside what is written, and removed afterwards. */
async function withCaptures<T>(
  { dataDir, selection: { symbols }, outDir }: ExportOptions,
  io: CliIo,
  use: (dataDir: string) => Promise<T>,
): Promise<T> {
  const captures = await findCaptures(dataDir, symbols);
  if (captures.length === 0) return use(dataDir);
  await mkdir(outDir, { recursive: true });
  const made = await mkdtemp(join(outDir, '.captures-'));
  try {
    const { lines, rejected } = await writeCaptureRows(captures, made).catch(throwAsFailure);
    if (lines + rejected > 0)
      io.stderr.write(`book-inspector: ${countText(lines + rejected, 'message')} became no rows\n`);
    return await use(made);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Captures of a folder that is no recording. */
async function findCaptures(dataDir: string, symbols: WantedSymbols): Promise<readonly DepthSource[]> {
  const own = await symbolFiles(dataDir).catch(() => []);
  if (own.length > 0) return [];
  const sources = await depthSources(dataDir).catch(() => []);
  const captures = sources.filter(({ format }) => format === 'capture');
  return symbols === 'all' ? captures : captures.filter(({ symbol }) => symbols.includes(symbol));
}

async function exportAll(
  jobs: readonly ExportJob[],
  options: ExportOptions,
  io: CliIo,
): Promise<ExportOutcome[]> {
  const bytes = jobs.map(({ sourceBytes }) => sourceBytes);
  const largestFirst = [...jobs.keys()].sort((a, b) => bytes[b]! - bytes[a]!);
  const wanted = options.jobs === 'auto' ? availableParallelism() : options.jobs;
  const count = Math.min(wanted, jobs.length);
  const memoryLimitBytes = MEMORY_BYTES + ((count - 1) * MEMORY_BYTES) / 2;
  const engine = await ParquetEngine.open({ threads: count, memoryLimitBytes }).catch(throwAsFailure);
  const progress = new ManyProgress(bytes, io, options.isProgressWanted, 'files');
  const outcomes: ExportOutcome[] = [];
  try {
    const runners = Array.from({ length: count }, () => new ExportRunner(engine, options));
    await runJobs(jobs, runners, largestFirst, {
      ended: (index, { outcome, error }) => {
        progress.ended(index);
        outcomes.push(outcome ?? failedExport(jobs[index]!, error));
      },
      progress: (index, { bytesRead }) => progress.update(index, bytesRead),
    });
  } finally {
    progress.clear();
    engine.close();
  }
  return outcomes;
}

function throwAsFailure(error: unknown): never {
  if (error instanceof RecordingError) throw new ReplayFailure('NO_RECORDING', error.message, error);
  if (error instanceof StorageParquetError) throw new ReplayFailure('NO_ENGINE', error.message, error);
  if (isFileProblem(error)) throw new ReplayFailure('NO_RECORDING', error.message, error);
  throw error;
}
