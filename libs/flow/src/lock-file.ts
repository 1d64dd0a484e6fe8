import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const ASK_AGAIN_MS = 10;
/** A lock is held for milliseconds, unless its holder was stopped. */
const GIVE_UP_AFTER_MS = 2000;

let names = 0;

/**
 * Waits for its turn, then holds the file. Returns what gives it back; undefined when a living process did not give it
 * back in time. A lock dies with its process, however short ago that was, and never with age: a holder that was stopped
 * still believes that it holds it.
 */
export async function lockFile(lockPath: string): Promise<(() => void) | undefined> {
  const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
  while (!tryLock(lockPath)) {
    if (performance.now() > giveUpAtMs) return undefined;
    if (isAbandoned(lockPath)) removeAbandoned(lockPath);
    else await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  return () => rmSync(lockPath, { force: true });
}

function tryLock(lockPath: string): boolean {
  // A link appears with its content, so nobody reads a lock that does not say yet whose it is.
  const ownPath = uniquePath(lockPath);
  writeFileSync(ownPath, `${process.pid} ${readProcess(process.pid)?.startTime ?? ''}`, { mode: 0o600 });
  try {
    linkSync(ownPath, lockPath);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  } finally {
    rmSync(ownPath, { force: true });
  }
}

/** Moves it away first: somebody may have done the same before, and hold the lock now. Then it is put back. */
function removeAbandoned(lockPath: string): void {
  const awayPath = uniquePath(lockPath);
  try {
    renameSync(lockPath, awayPath);
    if (!isAbandoned(awayPath)) linkSync(awayPath, lockPath);
  } catch (cause) {
    if (!['ENOENT', 'EEXIST'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  } finally {
    rmSync(awayPath, { force: true });
  }
}

function uniquePath(lockPath: string): string {
  return `${lockPath}.${process.pid}.${++names}`;
}

/** True when the process that it names is gone. False when there is no lock any more. */
function isAbandoned(lockPath: string): boolean {
  const content = readIfThere(lockPath);
  if (content === undefined) return false;
  const [pid = '', startTime = ''] = content.split(' ');
  if (!/^[1-9]\d*$/.test(pid) || !isAlive(Number(pid))) return true;
  const found = readProcess(Number(pid));
  // Numbers of processes are used again; the time of the start tells them apart.
  return found !== undefined && (found.dead || found.startTime !== startTime);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** State and start time (in ticks since the boot) as Linux tells them, proc(5); undefined elsewhere. */
function readProcess(pid: number): { dead: boolean; startTime: string } | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, field 2, is in brackets and may hold anything; state is field 3 and the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { dead: fields[0] === 'Z' || fields[0] === 'X', startTime: fields[19] ?? '' };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw cause;
  }
}
