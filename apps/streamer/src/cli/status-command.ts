import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { type Answer, askRecorder } from '../daemon/ask-recorder.ts';
import type { PidEntry } from '../daemon/pid-file.ts';
import { painter } from '../daemon/painter.ts';
import { statusText } from '../daemon/status-text.ts';
import { type StatusView, viewStatus } from '../daemon/status-view.ts';
import { type FolderFlags, notRunningText, recorderFolder, recorderOf } from './recorder-folder.ts';

export interface StatusFlags extends FolderFlags {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** Events a second are counted over this time. */
const RATE_WINDOW_MS = 1000;

/** Shows how the recorder of the folder is; 0 when it is healthy, 1 when it runs and is not, 3 when it does not run. */
export async function status(flags: StatusFlags): Promise<ExitCode> {
  const folder = recorderFolder(flags);
  const found = recorderOf(folder);
  if (found.kind === 'not-running') {
    const problem = notRunningText(folder, found.why);
    if (flags.json) printJson({ state: 'not-running', problem });
    else process.stderr.write(`${problem}\n`);
    return EXIT.notRunning;
  }
  const recorder = found.entry;
  const answer = await ask(recorder);
  const view = answer.kind === 'answer' ? viewStatus(answer.body) : undefined;
  if (answer.kind === 'no-answer' || view === undefined) return tellNoStatus(recorder, answer, flags);
  if (flags.json) printJson(answer.body);
  else process.stdout.write(await textOf(view, recorder, folder, flags));
  return view.state === 'healthy' ? EXIT.ok : EXIT.failed;
}

async function ask({ url }: PidEntry): Promise<Answer> {
  return url === undefined
    ? { kind: 'no-answer', problem: 'it is still starting' }
    : askRecorder(url, '/status');
}

/** It lives, for its PID file proves it; how it is nobody knows. */
function tellNoStatus(recorder: PidEntry, answer: Answer, flags: StatusFlags): ExitCode {
  const { pid, url } = recorder;
  const problem = answer.kind === 'no-answer' ? answer.problem : 'what it answered is no status';
  const state = url === undefined ? 'starting' : 'unresponsive';
  if (flags.json) printJson({ state, pid, url: url ?? null, problem });
  else process.stderr.write(`${state}: process ${pid}${url === undefined ? '' : `, ${url}`}: ${problem}\n`);
  return EXIT.failed;
}

async function textOf(
  first: StatusView,
  recorder: PidEntry,
  outputDir: string,
  { all }: StatusFlags,
): Promise<string> {
  const { version, url } = recorder;
  const askedAtMs = performance.now();
  await sleep(RATE_WINDOW_MS);
  const answer = await ask(recorder);
  const second = answer.kind === 'answer' ? viewStatus(answer.body) : undefined;
  const elapsedMs = performance.now() - askedAtMs;
  const lines = statusText(second ?? first, {
    nowMs: Date.now(),
    eventsPerSecond:
      second === undefined ? undefined : Math.max(0, ((events(second) - events(first)) * 1000) / elapsedMs),
    version,
    url: url ?? '',
    outputDir,
    freeBytes: await freeBytes(outputDir),
    isAll: all ?? false,
    paint: painter(process.stdout.isTTY, process.env),
  });
  return `${lines.join('\n')}\n`;
}

function events({ streams }: StatusView): number {
  return streams.reduce((sum, stream) => sum + stream.events, 0);
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
