import { EXIT, FatalError } from '../control/exit-codes.ts';
import { type PidEntry, readPidFile } from './pid-file.ts';
import { isSameProcess, type ProcessTable } from './process-table.ts';

/** The recorder of an output folder, as far as its PID file proves it. */
export type FoundRecorder =
  | { readonly kind: 'running'; readonly entry: PidEntry }
  /** `why`: what speaks against a file that is there, in words for people; undefined when there is none. */
  | { readonly kind: 'not-running'; readonly why: string | undefined };

/**
 * Who records into the folder. A PID file is believed only if its process lives, was started at the very moment that the
 * file names, on this start of the machine, and belongs to the user who wrote the file: process ids are used again, and a
 * file can be left over, torn, copied or made up.
 */
export function findRecorder(outputPath: string, processes: ProcessTable): FoundRecorder {
  const file = readPidFile(outputPath);
  if (file === undefined) return notRunning(undefined);
  if (file === 'damaged') return notRunning('the PID file is not one that a recorder writes');
  const { entry, writer } = file;
  const living = processes.identityOf(entry.pid);
  if (living === undefined)
    return notRunning(
      `process ${entry.pid} of the PID file has ended without removing it; what it had started records on for general.orphan_timeout, and \`start\` takes over from that`,
    );
  if (!isSameProcess(living, entry))
    return notRunning(`process ${entry.pid} is another one than that of the PID file`);
  if (processes.ownerOf(entry.pid) !== writer)
    return notRunning(`process ${entry.pid} belongs to another user than the PID file`);
  return { kind: 'running', entry };
}

function notRunning(why: string | undefined): FoundRecorder {
  return { kind: 'not-running', why };
}

/**
 * Sends the signal to that process alone; false when it has ended. Throws {@link FatalError} when it belongs to a user
 * whose processes this one may not signal.
 */
export function signalRecorder(entry: PidEntry, signal: NodeJS.Signals, processes: ProcessTable): boolean {
  try {
    return isRunning(entry, processes) && processes.signal(entry.pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') throw cause;
    throw new FatalError(EXIT.failed, `process ${entry.pid} belongs to another user, who alone may do this`, {
      cause,
    });
  }
}

export function isRunning(entry: PidEntry, processes: ProcessTable): boolean {
  return isSameProcess(processes.identityOf(entry.pid), entry);
}
