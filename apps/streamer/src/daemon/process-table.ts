import { readFileSync, statSync } from 'node:fs';

/** One life of one process: nobody else is ever this, though process ids come round again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in clock ticks since the machine was: field 22 of /proc/PID/stat. */
  readonly startTicks: string;
  /** Of this start of the machine. */
  readonly bootId: string;
}

/** What the operating system knows of processes. */
export interface ProcessTable {
  /** Undefined when no process of this id runs; one that has ended and is not yet collected does not. */
  identityOf(pid: number): ProcessIdentity | undefined;
  /** Numeric id of the user whose process it is. */
  ownerOf(pid: number): number | undefined;
  /** False when there is no such process; throws the system's error (`EPERM`) when it may not be signalled. */
  signal(pid: number, signal: NodeJS.Signals): boolean;
}

const BOOT_ID = /^[0-9a-f-]{36}$/;

/** The processes of this machine, as Linux shows them in /proc; elsewhere it knows none. */
export const systemProcesses: ProcessTable = {
  identityOf: (pid) => {
    const bootId = textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
    const startTicks = startTicksOf(textOf(`/proc/${pid}/stat`) ?? '');
    return startTicks === undefined || !BOOT_ID.test(bootId) ? undefined : { pid, startTicks, bootId };
  },
  ownerOf: (pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid,
  signal: (pid, signal) => {
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  },
};

/**
 * Field 22 of /proc/PID/stat (proc_pid_stat(5)). The second field is the name in parentheses, which may hold anything, so
 * fields are counted from its end. Undefined for a process that has ended (Z, X) and for anything that is no such line.
 */
export function startTicksOf(stat: string): string | undefined {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = rest[18];
  if (state === undefined || !/^[A-Y]$/i.test(state) || /^[ZX]$/i.test(state)) return undefined;
  return startTicks !== undefined && /^\d{1,20}$/.test(startTicks) ? startTicks : undefined;
}

export function isSameProcess(one: ProcessIdentity | undefined, other: ProcessIdentity): boolean {
  return one?.pid === other.pid && one.startTicks === other.startTicks && one.bootId === other.bootId;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
