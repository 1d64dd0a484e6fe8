import type { Command } from 'commander';
import type { ExitCode } from '../control/exit-codes.ts';
import { reload, type ReloadFlags } from './reload-command.ts';
import { restart, type RestartFlags } from './restart-command.ts';
import { start, type StartFlags } from './start-command.ts';
import { status, type StatusFlags } from './status-command.ts';
import { stop, type StopFlags } from './stop-command.ts';

export interface DaemonCommandOptions {
  /** The program's main file. */
  readonly entry: string;
  /** Checks a flag that is a duration. */
  readonly duration: (text: string) => string;
  readonly done: (exitCode: ExitCode) => void;
}

/** The commands that start, ask and stop a recorder in the background. */
export function addDaemonCommands(program: Command, { entry, duration, done }: DaemonCommandOptions): void {
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'configuration file (default: config.yaml)')
      .option('--output-dir <dir>', 'the folder that is recorded into, instead of storage.output_dir');
  const withStop = (base: Command): Command =>
    base
      .option('--timeout <time>', 'how long what is on its way may take to be stored', duration, '60s')
      .option('--force', 'kill what still runs then');
  const withWait = (base: Command): Command =>
    base.option('--wait <time>', 'how long to wait until every stream delivers', duration, '60s');

  withWait(command('start', 'record in the background; returns when every stream delivers'))
    .option('--symbols <A,B>', 'symbols to record instead of symbols.pairs')
    .option('--duration <time>', 'record this long, for example 60s or 24h', duration)
    .action(async (flags: StartFlags) => done(await start(flags, entry)));
  withStop(command('stop', 'stop the recorder of the folder; returns when everything is stored')).action(
    async (flags: StopFlags) => done(await stop(flags)),
  );
  withWait(withStop(command('restart', 'stop, and start again as it was started'))).action(
    async (flags: RestartFlags) => done(await restart(flags, entry)),
  );
  command('reload', 'take the changed configuration while recording goes on')
    .option('--timeout <time>', 'how long to wait for the answer', duration, '90s')
    .action(async (flags: ReloadFlags) => done(await reload(flags)));
  command('status', 'how the recorder of the folder is; exits 0 healthy, 1 not, 3 not running')
    .option('--json', 'what GET /status answers')
    .option('--all', 'every process, stream and book, not only the worst')
    .action(async (flags: StatusFlags) => done(await status(flags)));
}
