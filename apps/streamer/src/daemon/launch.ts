import { spawn } from 'node:child_process';
import type { Clock } from '@org/binance-client';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { askRecorder } from './ask-recorder.ts';
import { findRecorder } from './find-recorder.ts';
import type { PidEntry, ServeFlags } from './pid-file.ts';
import type { ProcessTable } from './process-table.ts';
import { printable } from './status-view.ts';
import { openStartOutput } from './start-output.ts';

export interface LaunchOptions {
  /** The program's main file. */
  readonly entry: string;
  readonly flags: ServeFlags;
  /** Working directory of the recorder. */
  readonly cwd: string;
  readonly outputPath: string;
  readonly logDir: string;
  /** How long it is waited for. */
  readonly waitMs: number;
  readonly processes: ProcessTable;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
  /** Told again and again what is waited for. */
  readonly waiting: (obstacle: string) => void;
}

export type Launch =
  | { readonly kind: 'ready'; readonly recorder: PidEntry; readonly startLog: string }
  | {
      /** It runs, and the time is up. */
      readonly kind: 'not-ready';
      readonly pid: number;
      readonly obstacles: readonly string[];
      readonly startLog: string;
    }
  /** It has ended; `output` is what it said. */
  | { readonly kind: 'ended'; readonly exitCode: ExitCode; readonly output: string };

const LOOK_INTERVAL_MS = 100;

/** Books of a few symbols are there moments later; those of hundreds take minutes, which nobody waits for. */
const BOOKS_PATIENCE_MS = 5000;

/** Starts a recorder that outlives this process and its terminal; resolves when it is ready, has ended, or time is up. */
export async function launch(options: LaunchOptions): Promise<Launch> {
  const { entry, flags, cwd, clock, waitMs, waiting } = options;
  const output = openStartOutput(options.logDir, process.pid);
  const args = [...process.execArgv, entry, 'serve', '--detached', ...flagArguments(flags)];
  const stdio = ['ignore', output.descriptor, output.descriptor] as const;
  const child = spawn(process.execPath, args, { cwd, detached: true, stdio: [...stdio] });
  let exit: ExitCode | undefined;
  child.once('exit', (code) => (exit = exitCodeOf(code)));
  let problem = '';
  child.once('error', (error) => {
    problem = `${error.message}\n`;
    exit = EXIT.failed;
  });
  const deadlineMs = clock.nowMs() + waitMs;
  const readiness = new Readiness(options, child.pid);
  for (;;) {
    const obstacles = await readiness.look();
    if (exit !== undefined) {
      const text = `${output.text()}${problem}`;
      output.discard();
      return { kind: 'ended', exitCode: exit, output: text };
    }
    const isReady = obstacles.length === 0;
    if (isReady || clock.nowMs() >= deadlineMs) {
      child.removeAllListeners();
      child.unref();
      const startLog = output.keep();
      if (isReady) return { kind: 'ready', recorder: readiness.recorder!, startLog };
      return { kind: 'not-ready', pid: child.pid!, obstacles, startLog };
    }
    waiting(obstacles[0]!);
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

/** Whether a recorder that was started is ready: every stream delivers, and books have had their moment to come. */
class Readiness {
  recorder: PidEntry | undefined;
  readonly #options: LaunchOptions;
  readonly #pid: number | undefined;
  #deliversSinceMs: number | undefined;

  constructor(options: LaunchOptions, pid: number | undefined) {
    this.#options = options;
    this.#pid = pid;
  }

  /** What is still to come; nothing when it is ready. */
  async look(): Promise<readonly string[]> {
    const { outputPath, processes, clock } = this.#options;
    const found = findRecorder(outputPath, processes);
    if (found.kind === 'not-running' || found.entry.pid !== this.#pid) return ['it begins'];
    this.recorder = found.entry;
    if (found.entry.url === undefined) return ['it asks the exchange for its symbols'];
    const ready = await askRecorder(found.entry.url, '/readyz');
    if (ready.kind === 'no-answer') return [ready.problem];
    if (ready.httpStatus !== 200) return obstaclesOf(ready.body);
    this.#deliversSinceMs ??= clock.nowMs();
    if (clock.nowMs() - this.#deliversSinceMs >= BOOKS_PATIENCE_MS) return [];
    const status = await askRecorder(found.entry.url, '/status');
    const isHealthy = status.kind === 'answer' && (status.body as { state?: unknown }).state === 'healthy';
    return isHealthy ? [] : ['order books are not in sync yet'];
  }
}

const OBSTACLES_MAX = 20;

function obstaclesOf(body: unknown): readonly string[] {
  const { obstacles } = (body ?? {}) as { obstacles?: unknown };
  const texts = (Array.isArray(obstacles) ? obstacles : []).flatMap((text) =>
    typeof text === 'string' ? printable(text) : [],
  );
  return texts.length === 0 ? ['it is not ready'] : texts.slice(0, OBSTACLES_MAX);
}

function flagArguments({ config, symbols, duration, outputDir }: ServeFlags): string[] {
  const given = {
    '--config': config,
    '--symbols': symbols,
    '--duration': duration,
    '--output-dir': outputDir,
  };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

/** A recorder that a signal ended has failed. */
function exitCodeOf(code: number | null): ExitCode {
  return Object.values(EXIT).find((known) => known === code) ?? EXIT.failed;
}
