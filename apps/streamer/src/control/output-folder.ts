import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, FatalError } from './exit-codes.ts';

/** Creates the folder if need be and makes sure that files can be written there. Returns its real path. */
export function prepareOutputFolder(folder: string): string {
  try {
    makeFolders(resolve(folder));
    const probe = join(folder, `.write-probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return realpathSync(folder);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(
      EXIT.outputNotWritable,
      `output folder ${resolve(folder)} cannot be written: ${problem}`,
      { cause },
    );
  }
}

/** One by one from the top: Node's own recursive mkdir never returns below /proc (seen with 20.20, 2026-11-22). */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder, { recursive: false });
}
