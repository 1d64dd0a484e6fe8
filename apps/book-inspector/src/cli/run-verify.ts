import { availableParallelism } from 'node:os';
import { RecordingError } from '../recording.ts';
import { runJobs } from '../run-jobs.ts';
import { findVerifyJobs, symbolOf } from '../verify/find-jobs.ts';
import { failedVerdict, recordingVerdict } from '../verify/recording-verdict.ts';
import type { SymbolVerdict } from '../verify/verdict.ts';
import { bytesOfJob, LocalVerifyRunner, type VerifyJob, type VerifyRunner } from '../verify/verify-job.ts';
import type { CliIo } from './io.ts';
import { ManyProgress } from './many-progress.ts';
import { ReplayFailure } from './replay-failure.ts';
import { ResultOutput } from './result-output.ts';
import type { VerifyOptions } from './verify-command.ts';
import { verdictText } from './verdict-text.ts';

/** Threads cost a tenth of a second: less than that is checked without. */
const THREADS_FROM_BYTES = 8 * 1024 * 1024;

/** Checks a recording and prints what was found; returns whether it is clean. Throws {@link ReplayFailure}. */
export async function runVerify(options: VerifyOptions, io: CliIo): Promise<boolean> {
  const startedAtMs = io.nowMs();
  const jobs = await findVerifyJobs(options.dataDir, options.symbols).catch(throwAsFailure);
  const verdicts = await verifyAll(jobs, options, io);
  const verdict = recordingVerdict(verdicts, Math.round(io.nowMs() - startedAtMs));
  const output = new ResultOutput(io, options.out);
  const isJson = options.format === 'json';
  await output.write(isJson ? `${JSON.stringify(verdict)}\n` : verdictText(verdict, output.style));
  output.end();
  return verdict.clean;
}

async function verifyAll(
  jobs: readonly VerifyJob[],
  options: VerifyOptions,
  io: CliIo,
): Promise<SymbolVerdict[]> {
  const bytes: number[] = [];
  for (const job of jobs) bytes.push(await bytesOfJob(job));
  const largestFirst = [...jobs.keys()].sort((a, b) => bytes[b]! - bytes[a]!);
  const progress = new ManyProgress(bytes, io, options.isProgressWanted);
  const verdicts: SymbolVerdict[] = [];
  const bytesTotal = bytes.reduce((sum, size) => sum + size, 0);
  try {
    await runJobs(jobs, runnersFor(jobs.length, bytesTotal, options, io), largestFirst, {
      ended: (index, { outcome, error }) => {
        progress.ended(index);
        verdicts.push(outcome ?? failedVerdict(symbolOf(jobs[index]!), problemOf(error)));
      },
      progress: (index, { bytesRead }) => progress.update(index, bytesRead),
    });
  } finally {
    progress.clear();
  }
  return verdicts;
}

function runnersFor(jobs: number, bytes: number, options: VerifyOptions, io: CliIo): VerifyRunner[] {
  const isSmall = options.jobs === 'auto' && bytes < THREADS_FROM_BYTES;
  const wanted = options.jobs === 'auto' ? availableParallelism() : options.jobs;
  const count = Math.min(wanted, jobs);
  const { newVerifyRunner } = io;
  if (isSmall || count < 2 || newVerifyRunner === undefined) return [new LocalVerifyRunner()];
  return Array.from({ length: count }, () => newVerifyRunner());
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function throwAsFailure(error: unknown): never {
  if (!(error instanceof RecordingError)) throw error;
  throw new ReplayFailure('NO_RECORDING', error.message, error);
}
