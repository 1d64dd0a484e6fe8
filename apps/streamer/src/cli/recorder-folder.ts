import { resolve } from 'node:path';
import { loadConfig, type StreamerConfig } from '@org/config';
import { EXIT, FatalError } from '../control/exit-codes.ts';
import { type FoundRecorder, findRecorder } from '../daemon/find-recorder.ts';
import type { PidEntry } from '../daemon/pid-file.ts';
import { systemProcesses } from '../daemon/process-table.ts';

export interface FolderFlags {
  readonly config?: string;
  readonly outputDir?: string;
}

/**
 * The folder that a command is about. Named on the command line it needs no configuration, so that a recorder can be
 * stopped while its file has a fault. Throws what is wrong with the configuration.
 */
export function recorderFolder({ config: path, outputDir }: FolderFlags): string {
  if (outputDir !== undefined) return resolve(outputDir);
  return outputPathOf(loadConfig({ path, environment: process.env }));
}

export function outputPathOf({ storage }: StreamerConfig): string {
  return resolve(storage.outputDir);
}

export function recorderOf(folder: string): FoundRecorder {
  if (process.platform !== 'linux')
    throw new FatalError(
      EXIT.failed,
      'start, stop, restart, reload and status need Linux, which alone tells one life of a process id from another; ' +
        'record with serve, and ask it by HTTP',
    );
  return findRecorder(folder, systemProcesses);
}

/** The running recorder; throws {@link FatalError} with `notRunning` when there is none. */
export function runningRecorder(folder: string): PidEntry {
  const found = recorderOf(folder);
  if (found.kind === 'running') return found.entry;
  throw new FatalError(EXIT.notRunning, notRunningText(folder, found.why));
}

export function notRunningText(folder: string, why: string | undefined): string {
  return `no recorder runs in ${folder}${why === undefined ? '' : ` (${why})`}`;
}
