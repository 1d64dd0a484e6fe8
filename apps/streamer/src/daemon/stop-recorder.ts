import type { Clock } from '@org/binance-client';
import { askRecorder } from './ask-recorder.ts';
import { isRunning, signalRecorder } from './find-recorder.ts';
import type { PidEntry } from './pid-file.ts';
import { isSameProcess, type ProcessIdentity, type ProcessTable } from './process-table.ts';
import { viewStatus } from './status-view.ts';

export interface StopOptions {
  /** How long the recorder has to store what is on its way. */
  readonly timeoutMs: number;
  /** Whether what still runs then is killed. */
  readonly isForced: boolean;
  readonly processes: ProcessTable;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
  /** Told again and again which processes are waited for. */
  readonly waiting: (names: readonly string[]) => void;
}

export interface Stop {
  readonly kind: 'stopped' | 'killed' | 'still-running';
  /** Of the processes that were killed or still run, for example `writer (4711)`. */
  readonly names: readonly string[];
}

interface NamedProcess {
  readonly name: string;
  readonly identity: ProcessIdentity;
}

const LOOK_INTERVAL_MS = 100;

/** From SIGKILL until the kernel has let go; a process that waits for its disk takes its time. */
const KILL_PATIENCE_MS = 10_000;

/** Asks the recorder to stop and waits until it and its children have ended. */
export async function stopRecorder(recorder: PidEntry, options: StopOptions): Promise<Stop> {
  const { timeoutMs, isForced, processes } = options;
  const all = [
    { name: `primary (${recorder.pid})`, identity: recorder },
    ...(await childrenOf(recorder, processes)),
  ];
  signalRecorder(recorder, 'SIGTERM', processes);
  const left = await outlast(all, timeoutMs, options);
  if (left.length === 0) return { kind: 'stopped', names: [] };
  if (!isForced) return { kind: 'still-running', names: namesOf(left) };
  // The primary first: it would start its children anew.
  for (const { identity } of left) processes.signal(identity.pid, 'SIGKILL');
  const undead = await outlast(left, KILL_PATIENCE_MS, options);
  return undead.length === 0
    ? { kind: 'killed', names: namesOf(left) }
    : { kind: 'still-running', names: namesOf(undead) };
}

/** As the recorder names them; none when it does not answer, for then nobody can vouch for them. */
async function childrenOf(recorder: PidEntry, processes: ProcessTable): Promise<readonly NamedProcess[]> {
  if (recorder.url === undefined || !isRunning(recorder, processes)) return [];
  const answer = await askRecorder(recorder.url, '/status');
  const status = answer.kind === 'answer' ? viewStatus(answer.body) : undefined;
  return (status?.processes ?? []).flatMap(({ id, pid }) => {
    const identity = pid === undefined || pid === recorder.pid ? undefined : processes.identityOf(pid);
    return identity === undefined ? [] : [{ name: `${id} (${pid})`, identity }];
  });
}

/** Those that still run when the time is up. */
async function outlast(
  all: readonly NamedProcess[],
  timeoutMs: number,
  { processes, clock, waiting }: StopOptions,
): Promise<readonly NamedProcess[]> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const left = all.filter(({ identity }) => isSameProcess(processes.identityOf(identity.pid), identity));
    if (left.length === 0 || clock.nowMs() >= deadlineMs) return left;
    waiting(namesOf(left));
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

function namesOf(all: readonly NamedProcess[]): readonly string[] {
  return all.map(({ name }) => name);
}
