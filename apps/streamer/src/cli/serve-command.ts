import { flagOverrides, loadConfig } from '@org/config';
import type { ExitCode } from '../control/exit-codes.ts';
import { runPrimary } from '../roles/primary.ts';

export interface RecordFlags {
  readonly config?: string;
  readonly symbols?: string;
  readonly duration?: string;
  readonly outputDir?: string;
}

/** Records what the configuration says, until a signal or the end of the duration. */
export async function serve(flags: RecordFlags, entry: string): Promise<ExitCode> {
  const { config: path, ...overrides } = flags;
  const load = () => loadConfig({ path, environment: process.env, overrides: flagOverrides(overrides) });
  return runPrimary(load, entry);
}
