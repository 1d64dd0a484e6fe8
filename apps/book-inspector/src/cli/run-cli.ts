import { CommanderError } from 'commander';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, type CliIo } from './io.ts';
import { buildProgram } from './program.ts';
import { ReplayFailure } from './replay-failure.ts';
import { runReplay } from './run-replay.ts';

/** Runs the command line `argv` (without the program's own name); returns the exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    await buildProgram(io, (options) => runReplay(options, io)).parseAsync(argv, { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (!(error instanceof ReplayFailure)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return EXIT_FAILED;
  }
}
