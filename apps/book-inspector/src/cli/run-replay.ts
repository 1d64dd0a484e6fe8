import { writeFile } from 'node:fs/promises';
import { Recording, RecordingError } from '../recording.ts';
import { replayRecording } from '../replay-recording.ts';
import type { ReplayView } from '../replay-view.ts';
import { writeText, type CliIo } from './io.ts';
import type { Style } from './paint.ts';
import type { ReplayOptions } from './program.ts';
import { ProgressBar } from './progress-bar.ts';
import { noBookText, replayNotes } from './replay-notes.ts';
import { reportText } from './report-text.ts';

/** The command could not do what it was asked for; the message says why. The process ends with exit code 1. */
export class ReplayFailure extends Error {
  readonly code: 'NO_BOOK' | 'NO_RECORDING' | 'OUTPUT_FAILED';

  constructor(code: ReplayFailure['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ReplayFailure';
    this.code = code;
  }
}

/** Columns of a text that goes to a file or a pipe. */
const COLUMNS = 100;

/** Replays a recording and prints the book; throws {@link ReplayFailure} when there is none to print. */
export async function runReplay(options: ReplayOptions, io: CliIo): Promise<void> {
  const recording = await openRecording(options);
  const bar = new ProgressBar(options.symbol, io.stderr, () => io.nowMs());
  const outcome = await replayRecording(recording, {
    moment: options.moment,
    depth: options.depth,
    nowMs: () => io.nowMs(),
    progress: (progress) => bar.update(progress),
  }).finally(() => bar.clear());
  for (const note of replayNotes(outcome, options.moment)) io.stderr.write(`book-inspector: ${note}\n`);
  if (outcome.view === undefined) {
    throw new ReplayFailure('NO_BOOK', noBookText(outcome, options.moment));
  }
  await print(outcome.view, options, io);
}

async function openRecording({ dataDir, symbol, date }: ReplayOptions): Promise<Recording> {
  try {
    return await Recording.open(dataDir, symbol, date);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new ReplayFailure('NO_RECORDING', error.message, error);
  }
}

async function print(view: ReplayView, options: ReplayOptions, io: CliIo): Promise<void> {
  if (options.out === undefined) {
    const colours = io.stdout.isTTY === true && (io.env['NO_COLOR'] ?? '') === '';
    // A terminal that does not know its size says 0.
    const columns = (io.stdout.isTTY === true && io.stdout.columns) || COLUMNS;
    return writeText(io.stdout, render(view, options, { colours, columns }));
  }
  try {
    await writeFile(options.out, render(view, options, { colours: false, columns: COLUMNS }));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ReplayFailure('OUTPUT_FAILED', `the result could not be written: ${problem}`, error);
  }
  io.stderr.write(`book-inspector: wrote ${options.out}\n`);
}

function render(view: ReplayView, { format }: ReplayOptions, style: Style): string {
  return format === 'json' ? `${JSON.stringify(view)}\n` : reportText(view, style);
}
