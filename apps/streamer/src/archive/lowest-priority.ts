import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Gives this process the lowest priority. On Linux a priority is that of a thread, and a thread has it from the one that
 * started it (setpriority(2), "C library/kernel differences"); Node's own, which pack and convert, run already.
 */
export function takeLowestPriority(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  for (const thread of threadsOfThisProcess()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function threadsOfThisProcess(): readonly number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    // Another system, where a priority is that of the process.
    return [];
  }
}
