import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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

/** How many generations of processes can be told apart; two are alive at once, or three for a moment. */
const GENERATIONS = 4;

/**
 * Counts the generations of processes that record into the folder, so that those of a recorder that died and those of
 * the next one never take each other's place by name. Only whoever holds the folder may call it.
 */
export function nextGeneration(outputPath: string): number {
  const file = join(outputPath, '.generation');
  const before = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : -1;
  const generation = Number.isSafeInteger(before) ? (before + 1) % GENERATIONS : 0;
  try {
    writeFileSync(file, `${generation}\n`);
  } catch {
    // A full disk: the number is only needed to differ from that of processes that are alive.
  }
  return generation;
}
