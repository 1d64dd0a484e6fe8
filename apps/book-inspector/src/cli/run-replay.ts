import { Recording, RecordingError } from '../recording.ts';
import { findRecordings, type FoundRecording } from '../recordings.ts';
import { replayRecording, type ReplayRun } from '../replay-recording.ts';
import type { CliIo } from './io.ts';
import type { ReplayOptions } from './program.ts';
import { ProgressBar } from './progress-bar.ts';
import { ReplayFailure } from './replay-failure.ts';
import { noBookText, replayNotes } from './replay-notes.ts';
import { reportText } from './report-text.ts';
import { ResultOutput } from './result-output.ts';
import { runManyReplays } from './run-many-replays.ts';

/** Replays recordings and prints the books; throws {@link ReplayFailure} when there is one that cannot be printed. */
export async function runReplay(options: ReplayOptions, io: CliIo): Promise<void> {
  const { symbols } = options;
  if (symbols !== 'all' && symbols.length === 1) return runOne(await open(options, symbols[0]!), options, io);
  const found = await findAll(options);
  const only = found.length === 1 ? found[0]?.source : undefined;
  if (only !== undefined) return runOne(new Recording(only), options, io);
  return runManyReplays(found, options, io);
}

async function runOne(recording: Recording, options: ReplayOptions, io: CliIo): Promise<void> {
  const bar = new ProgressBar(recording.symbol, io.stderr, () => io.nowMs(), options.isProgressWanted);
  const run: ReplayRun = {
    moment: options.moment,
    depth: options.depth,
    nowMs: () => io.nowMs(),
    progress: (progress) => bar.update(progress),
  };
  const outcome = await replayRecording(recording, run).finally(() => bar.clear());
  for (const note of replayNotes(outcome, options.moment)) io.stderr.write(`book-inspector: ${note}\n`);
  const { view } = outcome;
  if (view === undefined) throw new ReplayFailure('NO_BOOK', noBookText(outcome, options.moment));
  const output = new ResultOutput(io, options.out);
  await output.write(
    options.format === 'json' ? `${JSON.stringify(view)}\n` : reportText(view, output.style),
  );
  output.end();
}

function open({ dataDir, date }: ReplayOptions, symbol: string): Promise<Recording> {
  return Recording.open(dataDir, symbol, date).catch(throwAsFailure);
}

function findAll({ dataDir, symbols, date }: ReplayOptions): Promise<FoundRecording[]> {
  return findRecordings(dataDir, symbols, date).catch(throwAsFailure);
}

function throwAsFailure(error: unknown): never {
  if (!(error instanceof RecordingError)) throw error;
  throw new ReplayFailure('NO_RECORDING', error.message, error);
}
