import { readFileSync } from 'node:fs';

/** What every system gives a process. */
const OPEN_FILES_MIN = 256;
/** Thousands of open files cost memory of the kernel; more than this many symbols and streams nobody lists. */
const OPEN_FILES_MAX = 8192;

/**
 * How many files of rows the writer keeps open. Closing and opening one costs a sync, so with hundreds of symbols all
 * should stay open: three quarters of what the process may have (Node raises that to the hard limit when it starts), the
 * rest is for sockets and the journal.
 */
export function openFilesMax(limits: string | undefined): number {
  const allowed = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1];
  if (allowed === undefined) return OPEN_FILES_MIN;
  const ours = allowed === 'unlimited' ? Infinity : Math.floor(Number(allowed) * 0.75);
  return Math.min(OPEN_FILES_MAX, Math.max(OPEN_FILES_MIN, ours));
}

/** What Linux says of this process; undefined elsewhere. */
export function processLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return undefined;
  }
}
