import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConfigError, configExitCode, parseDuration } from '@org/config';
import { EXIT, type ExitCode, FatalError } from '../control/exit-codes.ts';
import { addDaemonCommands } from './daemon-commands.ts';
import type { DoctorFlags } from './doctor-command.ts';
import type { RecordFlags } from './serve-command.ts';

/** Parses the command line and runs the command. Resolves with the exit code; prints its own errors. */
export async function runCommandLine(args: readonly string[], entry: string): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('binance-streamer')
    .description('Records Binance futures market data; what it could not get is written down as a gap.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  program
    .command('serve')
    .description('record in the foreground until a signal or the end of the duration')
    .option('--config <file>', 'configuration file (default: config.yaml)')
    .option('--symbols <A,B>', 'symbols to record instead of symbols.pairs')
    .option('--duration <time>', 'record this long, for example 60s or 24h', duration)
    .option('--output-dir <dir>', 'where the files go, instead of storage.output_dir')
    .addOption(new Option('--detached').hideHelp())
    .action(async (flags: RecordFlags) => {
      // Only here: the other commands are asked for every minute, and need none of what it takes to record.
      const { serve } = await import('./serve-command.ts');
      exitCode = await serve(flags, entry);
    });
  addDaemonCommands(program, { entry, duration, done: (code) => (exitCode = code) });
  program
    .command('demo')
    .description('record the built-in exchange: no network, no account')
    .option('--duration <time>', 'record this long', duration, '30s')
    .option('--output-dir <dir>', 'where the files go', './demo-data')
    .action(async (flags: { duration: string; outputDir: string }) => {
      const { demo } = await import('./demo-command.ts');
      exitCode = await demo(flags, entry);
    });
  program
    .command('doctor')
    .description('say what is in the way of recording: configuration, folders, room, clock, network, ports')
    .option('--config <file>', 'configuration file (default: config.yaml)')
    .option('--json', 'print a list of findings')
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('./doctor-command.ts');
      exitCode = await doctor(flags);
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** Checks the form while the flag is parsed; the text goes on to the configuration, which owns the value. */
function duration(text: string): string {
  try {
    parseDuration(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    // Faults of the command line alone are faults of its use.
    return error.issues.every(({ source }) => source.startsWith('--')) ? EXIT.usage : configExitCode;
  }
  if (error instanceof FatalError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}
