import { flagOverrides, loadConfig } from '@org/config';
import type { ExitCode } from '../control/exit-codes.ts';
import type { ServeFlags } from '../daemon/pid-file.ts';
import { runPrimary } from '../roles/primary.ts';
import { isInstalled, withLibraries } from '../sinks/sink-library.ts';

export interface RecordFlags extends ServeFlags {
  /** Given by `start`: nobody reads the terminal. */
  readonly detached?: boolean;
}

/** Records what the configuration says, until a signal or the end of the duration. */
export async function serve(flags: RecordFlags, entry: string): Promise<ExitCode> {
  const { detached: isDetached = false, ...given } = flags;
  const { config: path, ...overrides } = given;
  const load = () =>
    withLibraries(
      loadConfig({ path, environment: process.env, overrides: flagOverrides(overrides) }),
      (library) => isInstalled(library, entry),
    );
  return runPrimary(load, entry, { invocation: { isDetached, flags: given } });
}
