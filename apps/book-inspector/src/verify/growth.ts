import { setTimeout as wait } from 'node:timers/promises';
import { sizeOf } from '../file-size.ts';

/** A recorder writes what arrived within a second. */
const WATCH_MS = 2000;
const LOOK_MS = 100;

/** Whether any of the files grows while it is watched: somebody is recording. */
export async function isGrowing(paths: readonly string[]): Promise<boolean> {
  const before = await Promise.all(paths.map(sizeOf));
  for (let waitedMs = 0; waitedMs < WATCH_MS; waitedMs += LOOK_MS) {
    await wait(LOOK_MS);
    const now = await Promise.all(paths.map(sizeOf));
    if (now.some((size, index) => size > before[index]!)) return true;
  }
  return false;
}
