import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type Status } from '../process/recorder.ts';
import { type Audit, audit } from './audit.ts';
import { eventsOf, isLive, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface FreezeOptions extends RecordingOptions {
  readonly frozenMs: number;
}

export interface FreezeFigures {
  readonly frozenMs: number;
  /** Of the queue of one worker, in memory and in its spool. */
  readonly queuedBytesMax: number;
  /** What one worker's memory grew by while the writer stood still. */
  readonly grownBytesMax: number;
  /** Processes that were started beyond the first ones, and writers that were seen beside the first. */
  readonly restarts: number;
  readonly otherWriters: number;
  /** From the moment when the writer went on until all queues were short again. */
  readonly caughtUpMs: number;
  readonly audit: Audit;
}

/** The writer stands still (SIGSTOP) while everybody else works, and goes on. */
export async function freezeWriter(options: FreezeOptions): Promise<FreezeFigures> {
  let figures: FreezeFigures | undefined;
  await whileUnderLoad(options, async ({ recorder, data, symbols }) => {
    const before = await recorder.statusWhen(isLive);
    const writer = pidOf(before, 'writer')[0]!;
    const workers = pidOf(before, 'worker');
    const memoryBefore = workers.map(residentBytes);
    const seen = { queuedBytesMax: 0, grownBytesMax: 0, otherWriters: 0 };
    process.kill(writer, 'SIGSTOP');
    try {
      for (const endMs = performance.now() + options.frozenMs; performance.now() < endMs; await sleep(250)) {
        const status = await recorder.status();
        seen.queuedBytesMax = Math.max(seen.queuedBytesMax, ...status.queues.map(({ bytes }) => bytes));
        const grown = workers.map((pid, index) => residentBytes(pid) - memoryBefore[index]!);
        seen.grownBytesMax = Math.max(seen.grownBytesMax, ...grown);
        seen.otherWriters += pidOf(status, 'writer').filter((pid) => pid !== writer).length;
      }
    } finally {
      if (isAlive(writer)) process.kill(writer, 'SIGCONT');
    }
    const wokenAtMs = performance.now();
    const after = await recorder.statusWhen((status) => isLive(status) && isCaughtUp(status), 60_000);
    const caughtUpMs = Math.round(performance.now() - wokenAtMs);
    await recorder.statusWhen((status) => eventsOf(status) > eventsOf(after));
    const restarts = after.processes.reduce((total, process) => total + process.restarts, 0);
    const { code, stderr } = await recorder.stop();
    if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
    figures = { frozenMs: options.frozenMs, ...seen, restarts, caughtUpMs, audit: audit(data, symbols) };
  });
  return figures!;
}

const isCaughtUp = ({ queues }: Status): boolean => queues.every(({ oldestAgeMs }) => oldestAgeMs < 1000);

function pidOf(status: Status, wanted: string): number[] {
  return status.processes.filter(({ role }) => role === wanted).map(({ pid }) => pid);
}

/** VmRSS of proc(5), in kB there. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}
