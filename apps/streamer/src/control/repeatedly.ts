import type { Clock, ClockTimer } from '@org/binance-client';

/** Runs a task again and again; the interval, asked for anew each time, begins when the task has ended. */
export function repeatedly(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  intervalMs: () => number,
  task: () => Promise<void>,
): { stop(): void } {
  let isStopped = false;
  let timer: ClockTimer | undefined;
  const schedule = (): void => {
    if (isStopped) return;
    timer = clock.setTimeout(() => void task().finally(schedule), intervalMs());
  };
  schedule();
  return {
    stop: () => {
      isStopped = true;
      clock.clearTimeout(timer);
    },
  };
}
