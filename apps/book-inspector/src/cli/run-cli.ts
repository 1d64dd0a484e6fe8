import { CommanderError } from 'commander';
import { addExportCommand } from './export-command.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, type CliIo } from './io.ts';
import { buildProgram } from './program.ts';
import { ReplayFailure } from './replay-failure.ts';
import { runExport } from './run-export.ts';
import { runReplay } from './run-replay.ts';
import { runVerify } from './run-verify.ts';
import { addVerifyCommand } from './verify-command.ts';

/** Runs the command line `argv` (without the program's own name); returns the exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = EXIT_OK;
  const program = buildProgram(io, (options) => runReplay(options, io));
  addVerifyCommand(program, async (options) => {
    if (!(await runVerify(options, io))) exitCode = EXIT_FAILED;
  });
  addExportCommand(program, async (options) => {
    if (!(await runExport(options, io))) exitCode = EXIT_FAILED;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (!(error instanceof ReplayFailure)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return EXIT_FAILED;
  }
}
