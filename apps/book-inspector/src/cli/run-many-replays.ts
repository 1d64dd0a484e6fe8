import { availableParallelism } from 'node:os';
import { bytesOf, type FoundRecording } from '../recordings.ts';
import { LocalRunner, type JobRunner, type ReplayJob } from '../replay-job.ts';
import type { ReplayOutcome } from '../replay-recording.ts';
import { runJobs, type JobEnd } from '../run-jobs.ts';
import type { CliIo } from './io.ts';
import { ManyProgress } from './many-progress.ts';
import type { ReplayOptions } from './program.ts';
import { ReplayFailure } from './replay-failure.ts';
import { noBookText, replayNotes } from './replay-notes.ts';
import { ResultOutput } from './result-output.ts';
import { summaryText, type SummaryEntry } from './summary-text.ts';

/**
 * Replays many symbols, several at a time where `jobs` allows it: JSON is a line a symbol in the order asked, text one
 * summary. A symbol without a book stops no other; {@link ReplayFailure} `SYMBOLS_FAILED` names them at the end.
 */
export async function runManyReplays(
  found: readonly FoundRecording[],
  options: ReplayOptions,
  io: CliIo,
): Promise<void> {
  const jobs = jobsOf(found, options);
  const bytes: number[] = [];
  for (const { source } of jobs) bytes.push(await bytesOf(source));
  const largestFirst = [...jobs.keys()].sort((a, b) => bytes[b]! - bytes[a]!);
  const progress = new ManyProgress(bytes, io, options.isProgressWanted);
  const report = new ManyReport(options, io, progress);
  for (const { symbol, source, problem } of found) if (source === undefined) report.fail(symbol, problem);
  try {
    await runJobs(jobs, runnersFor(jobs.length, options, io), largestFirst, {
      ended: (index, end) => {
        progress.ended(index);
        return report.ended(jobs[index]!.source.symbol, end);
      },
      progress: (index, { bytesRead }) => progress.update(index, bytesRead),
    });
  } finally {
    progress.clear();
  }
  await report.finish(found.map(({ symbol }) => symbol));
}

function jobsOf(found: readonly FoundRecording[], { moment, depth }: ReplayOptions): ReplayJob[] {
  return found.flatMap(({ source }) => (source === undefined ? [] : [{ source, moment, depth }]));
}

/** One job at a time needs no other thread. */
function runnersFor(jobs: number, options: ReplayOptions, io: CliIo): JobRunner[] {
  const wanted = options.jobs === 'auto' ? availableParallelism() : options.jobs;
  const count = Math.min(wanted, jobs);
  const { newRunner } = io;
  if (count < 2 || newRunner === undefined) return [new LocalRunner(() => io.nowMs())];
  return Array.from({ length: count }, () => newRunner());
}

/** Says how each symbol ended. */
class ManyReport {
  readonly #options: ReplayOptions;
  readonly #io: CliIo;
  readonly #output: ResultOutput;
  readonly #progress: ManyProgress;
  readonly #entries = new Map<string, SummaryEntry>();

  constructor(options: ReplayOptions, io: CliIo, progress: ManyProgress) {
    this.#options = options;
    this.#io = io;
    this.#output = new ResultOutput(io, options.out);
    this.#progress = progress;
  }

  async ended(symbol: string, { outcome, error }: JobEnd): Promise<void> {
    if (outcome === undefined)
      return this.fail(symbol, error instanceof Error ? error.message : String(error));
    for (const note of replayNotes(outcome, this.#options.moment))
      this.#tell(`book-inspector: ${symbol}: ${note}`);
    const { view } = outcome;
    if (view === undefined) return this.fail(symbol, noBookText(outcome, this.#options.moment));
    if (this.#options.format === 'json') {
      this.#progress.clear();
      await this.#output.write(`${JSON.stringify(view)}\n`);
    }
    this.#entries.set(symbol, entryOf(symbol, view));
  }

  fail(symbol: string, problem: string): void {
    this.#tell(`error: ${symbol}: ${problem}`);
    this.#entries.set(symbol, { symbol, view: undefined });
  }

  async finish(symbols: readonly string[]): Promise<void> {
    const entries = symbols.flatMap((symbol) => this.#entries.get(symbol) ?? []);
    if (this.#options.format === 'text') await this.#output.write(summaryText(entries, this.#output.style));
    this.#output.end();
    const failed = entries.filter(({ view }) => view === undefined).map(({ symbol }) => symbol);
    if (failed.length === 0) return;
    const problem = `${failed.length} of ${entries.length} symbols have no book: ${failed.join(', ')}`;
    throw new ReplayFailure('SYMBOLS_FAILED', problem);
  }

  #tell(text: string): void {
    this.#progress.clear();
    this.#io.stderr.write(`${text}\n`);
  }
}

/** What the summary shows of a view; ladders and events of hundreds of symbols need not stay in memory. */
function entryOf(symbol: string, view: NonNullable<ReplayOutcome['view']>): SummaryEntry {
  return { symbol, view: { ...view, top: { bids: [], asks: [] }, events: [], damaged: [] } };
}
