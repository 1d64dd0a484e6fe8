import type { Clock } from '@org/binance-client';
import { askRecorder } from './ask-recorder.ts';
import { isRunning, signalRecorder } from './find-recorder.ts';
import type { PidEntry } from './pid-file.ts';
import type { ProcessTable } from './process-table.ts';
import { type ReloadsView, viewStatus } from './status-view.ts';

export interface ReloadWaitOptions {
  readonly timeoutMs: number;
  readonly processes: ProcessTable;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout'>;
}

export type Reload =
  | { readonly kind: 'decided'; readonly report: ReloadsView }
  /** It was not asked, or has not answered; `problem` in words for people. */
  | { readonly kind: 'failed'; readonly problem: string };

const LOOK_INTERVAL_MS = 200;

/** Tells the recorder to read its configuration again, and waits until it has decided. */
export async function reloadRecorder(recorder: PidEntry, options: ReloadWaitOptions): Promise<Reload> {
  const { timeoutMs, processes, clock } = options;
  if (!recorder.canReload)
    return failed(
      'it runs in a terminal, where the signal to reload means the end: stop it there and start it again',
    );
  const before = await reloadsOf(recorder);
  if (typeof before === 'string') return failed(before);
  signalRecorder(recorder, 'SIGHUP', processes);
  const deadlineMs = clock.nowMs() + timeoutMs;
  for (;;) {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_INTERVAL_MS));
    const now = await reloadsOf(recorder);
    // Reloads are decided in the order of asking.
    if (typeof now !== 'string' && now.finished > before.requested) return { kind: 'decided', report: now };
    if (!isRunning(recorder, processes)) return failed('it has ended meanwhile');
    if (clock.nowMs() >= deadlineMs)
      return failed(typeof now === 'string' ? now : `it has not decided within ${timeoutMs} ms`);
  }
}

/** A text says why they are not known. */
async function reloadsOf({ url }: PidEntry): Promise<ReloadsView | string> {
  if (url === undefined) return 'it is still starting';
  const answer = await askRecorder(url, '/status');
  if (answer.kind === 'no-answer') return `it does not answer: ${answer.problem}`;
  return viewStatus(answer.body)?.reloads ?? 'it tells nothing of reloads: is it of another version?';
}

function failed(problem: string): Reload {
  return { kind: 'failed', problem };
}
