import { systemClock } from '@org/binance-client';
import { parseDuration } from '@org/config';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { systemProcesses } from '../daemon/process-table.ts';
import { reloadRecorder } from '../daemon/reload-recorder.ts';
import { type FolderFlags, recorderFolder, runningRecorder } from './recorder-folder.ts';

export interface ReloadFlags extends FolderFlags {
  readonly timeout: string;
}

/** Has the recorder of the folder read its configuration again, and says what became of it. */
export async function reload(flags: ReloadFlags): Promise<ExitCode> {
  const recorder = runningRecorder(recorderFolder(flags));
  const reloaded = await reloadRecorder(recorder, {
    timeoutMs: parseDuration(flags.timeout),
    processes: systemProcesses,
    clock: systemClock,
  });
  if (reloaded.kind === 'failed') {
    process.stderr.write(`process ${recorder.pid}: ${reloaded.problem}\n`);
    return EXIT.failed;
  }
  const { outcome, problem, needRestart } = reloaded.report;
  if (outcome === 'refused') {
    process.stderr.write(`refused, and everything is as it was: ${problem ?? 'no reason was given'}\n`);
    return EXIT.failed;
  }
  process.stdout.write(outcome === 'unchanged' ? 'nothing to change\n' : 'the new configuration is taken\n');
  if (needRestart.length > 0) process.stderr.write(`only a restart changes ${needRestart.join(', ')}\n`);
  return EXIT.ok;
}
