import type { Clock } from '@org/binance-client';
import { type ChildMessage, type ChildReport, REPORT_INTERVAL_MS } from './messages.ts';

/** Sends a control message to the primary; a primary that is gone does not end the child. */
export function tellPrimary(message: ChildMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Reports at an interval, when asked, and once more when stopped, so that the last figures are the true ones. */
export function reportRegularly(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  report: () => ChildReport,
  intervalMs: () => number = () => REPORT_INTERVAL_MS,
): { now(): void; stop(): void } {
  const send = (): void => tellPrimary({ type: 'report', report: report() });
  let timer: ReturnType<Clock['setTimeout']>;
  const schedule = (): void => {
    timer = clock.setTimeout(() => {
      send();
      schedule();
    }, intervalMs());
  };
  schedule();
  return {
    now: send,
    stop: () => {
      clock.clearTimeout(timer);
      send();
    },
  };
}
