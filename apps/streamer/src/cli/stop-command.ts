import { systemClock } from '@org/binance-client';
import { parseDuration } from '@org/config';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { timeText } from '../daemon/figures.ts';
import type { PidEntry } from '../daemon/pid-file.ts';
import { systemProcesses } from '../daemon/process-table.ts';
import { stopRecorder } from '../daemon/stop-recorder.ts';
import { ProgressLine } from './progress-line.ts';
import { type FolderFlags, recorderFolder, runningRecorder } from './recorder-folder.ts';

export interface StopFlags extends FolderFlags {
  readonly timeout: string;
  readonly force?: boolean;
}

/** Stops the recorder of the folder, and returns when everything is stored and all its processes have ended. */
export async function stop(flags: StopFlags): Promise<ExitCode> {
  return stopAndTell(runningRecorder(recorderFolder(flags)), flags);
}

export async function stopAndTell(recorder: PidEntry, flags: StopFlags): Promise<ExitCode> {
  const progress = new ProgressLine();
  const startedAtMs = performance.now();
  const { kind, names } = await stopRecorder(recorder, {
    timeoutMs: parseDuration(flags.timeout),
    isForced: flags.force ?? false,
    processes: systemProcesses,
    clock: systemClock,
    waiting: (waited) => progress.show(`stopping: ${waited.join(', ')}`),
  });
  progress.clear();
  const elapsed = timeText(performance.now() - startedAtMs);
  if (kind === 'stopped') {
    process.stdout.write(`stopped: process ${recorder.pid}, after ${elapsed}\n`);
    return EXIT.ok;
  }
  if (kind === 'killed') {
    process.stderr.write(`killed after ${elapsed}: ${names.join(', ')}; what was not stored is lost\n`);
    return EXIT.ok;
  }
  const advice = flags.force ? '' : '; it goes on stopping, --force kills it';
  process.stderr.write(`still running after ${elapsed}: ${names.join(', ')}${advice}\n`);
  return EXIT.failed;
}
