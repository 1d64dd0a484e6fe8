import { resolve } from 'node:path';
import { systemClock } from '@org/binance-client';
import { flagOverrides, loadConfig, parseDuration } from '@org/config';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { type Launch, launch } from '../daemon/launch.ts';
import type { ServeFlags } from '../daemon/pid-file.ts';
import { systemProcesses } from '../daemon/process-table.ts';
import { ProgressLine } from './progress-line.ts';
import { outputPathOf, recorderOf } from './recorder-folder.ts';

export interface StartFlags extends ServeFlags {
  readonly wait: string;
}

/** Records in the background: returns when every stream delivers, or with what `serve` would have said. */
export async function start({ wait, ...flags }: StartFlags, entry: string): Promise<ExitCode> {
  return startIn(process.cwd(), flags, parseDuration(wait), entry);
}

/** `cwd`: where the relative paths of flags and configuration start from. */
export async function startIn(
  cwd: string,
  flags: ServeFlags,
  waitMs: number,
  entry: string,
): Promise<ExitCode> {
  // Faults are told here and now, and not by a process that has no terminal any more.
  const config = loadStartConfig(cwd, flags);
  const outputPath = resolve(cwd, outputPathOf(config));
  const found = recorderOf(outputPath);
  if (found.kind === 'running') {
    process.stderr.write(`another recorder records into ${outputPath}: process ${found.entry.pid}\n`);
    return EXIT.alreadyRunning;
  }
  const progress = new ProgressLine();
  const launched = await launch({
    entry, flags, cwd, outputPath, waitMs, processes: systemProcesses, clock: systemClock,
    logDir: resolve(cwd, config.logging.dir),
    waiting: (obstacle) => progress.show(`starting: ${obstacle}`),
  }); // prettier-ignore
  progress.clear();
  return tell(launched, outputPath, waitMs);
}

/** Throws what is wrong with it. */
export function loadStartConfig(cwd: string, { config: path, ...overrides }: ServeFlags) {
  return loadConfig({
    path: path === undefined ? undefined : resolve(cwd, path),
    environment: process.env,
    overrides: flagOverrides(overrides),
  });
}

function tell(launched: Launch, outputPath: string, waitMs: number): ExitCode {
  switch (launched.kind) {
    case 'ready': {
      const { pid, url } = launched.recorder;
      process.stdout.write(`recording: process ${pid}, ${url}, into ${outputPath}\n`);
      return EXIT.ok;
    }
    case 'not-ready':
      if (waitMs === 0) {
        process.stdout.write(`started: process ${launched.pid}, into ${outputPath}\n`);
        return EXIT.ok;
      }
      process.stderr.write(
        [
          `process ${launched.pid} records into ${outputPath}, but is not ready after ${waitMs / 1000} s; it goes on trying`,
          ...launched.obstacles.map((obstacle) => `  ${obstacle}`),
          `its first lines are in ${launched.startLog}`,
          '',
        ].join('\n'),
      );
      return EXIT.failed;
    case 'ended':
      process.stderr.write(launched.output);
      if (launched.exitCode === EXIT.ok) process.stderr.write('the recorder has ended already\n');
      return launched.exitCode;
  }
}
