import { closeSync, openSync, rmSync, statSync } from 'node:fs';

/** A lock is held for milliseconds: one that is so old belongs to a process that died with it. */
const ABANDONED_AFTER_MS = 5000;
const ASK_AGAIN_MS = 10;

/** Waits for its turn, then holds the file. Returns what gives it back. */
export async function lockFile(lockPath: string): Promise<() => void> {
  while (!tryLock(lockPath)) {
    const ageMs = Date.now() - (statSync(lockPath, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > ABANDONED_AFTER_MS) rmSync(lockPath, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  return () => rmSync(lockPath, { force: true });
}

function tryLock(lockPath: string): boolean {
  try {
    closeSync(openSync(lockPath, 'wx', 0o600));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}
