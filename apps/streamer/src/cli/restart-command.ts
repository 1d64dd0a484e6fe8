import { parseDuration } from '@org/config';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import { recorderFolder, recorderOf } from './recorder-folder.ts';
import { loadStartConfig, startIn } from './start-command.ts';
import { stopAndTell, type StopFlags } from './stop-command.ts';

export interface RestartFlags extends StopFlags {
  readonly wait: string;
}

/**
 * Stops the recorder of the folder and starts it with the flags and in the working directory of its first start; one that
 * does not run is started. A configuration with faults stops nothing.
 */
export async function restart(flags: RestartFlags, entry: string): Promise<ExitCode> {
  const { config, outputDir, wait } = flags;
  const found = recorderOf(recorderFolder(flags));
  const waitMs = parseDuration(wait);
  if (found.kind === 'not-running')
    return startIn(
      process.cwd(),
      { ...(config === undefined ? {} : { config }), ...(outputDir === undefined ? {} : { outputDir }) },
      waitMs,
      entry,
    );
  const { entry: recorder } = found;
  if (!recorder.isDetached)
    throw new FatalError(
      EXIT.failed,
      `process ${recorder.pid} was started by serve: whoever started it restarts it`,
    );
  loadStartConfig(recorder.cwd, recorder.flags);
  const stopped = await stopAndTell(recorder, flags);
  return stopped === EXIT.ok ? startIn(recorder.cwd, recorder.flags, waitMs, entry) : stopped;
}
