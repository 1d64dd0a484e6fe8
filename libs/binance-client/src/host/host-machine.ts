import { readFileSync } from 'node:fs';

/** What all processes of a machine have in common. */
export interface HostMachine {
  /** Milliseconds on a clock that never steps and is the same for all processes since the machine was started. */
  nowMs(): number;
  epochMs(): number;
  /** Another text after each start of the machine; '' where it cannot be known. */
  readonly bootId: string;
  /** This process. */
  readonly pid: number;
  isAlive(pid: number): boolean;
}

/** When a state was written, as far as another process needs it, perhaps after a restart of the machine. */
export interface WrittenAt {
  readonly bootId: string;
  readonly writtenAtMs: number;
  readonly writtenAtEpochMs: number;
}

export function writtenNow(machine: HostMachine): WrittenAt {
  return { bootId: machine.bootId, writtenAtMs: machine.nowMs(), writtenAtEpochMs: machine.epochMs() };
}

/**
 * What to add to the times of a state so that they are of this run of the machine. Only a restart of the machine needs
 * the clock on the wall, so setting that clock ends no ban and forgets no weight. Times in the future are now.
 */
export function shiftMs(written: WrittenAt, machine: HostMachine): number {
  const nowMs = machine.nowMs();
  if (written.bootId === machine.bootId && written.writtenAtMs <= nowMs) return 0;
  return nowMs - written.writtenAtMs - Math.max(0, machine.epochMs() - written.writtenAtEpochMs);
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The machine that this process runs on. `process.hrtime` is the monotonic clock of the system. */
export const thisMachine: HostMachine = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  epochMs: () => Date.now(),
  bootId: bootId(),
  pid: process.pid,
  isAlive,
};
