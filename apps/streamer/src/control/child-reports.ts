import type { Clock } from '@org/binance-client';
import { type ChildMessage, type ChildReport, REPORT_INTERVAL_MS } from './messages.ts';

/** Sends a control message to the primary; a primary that is gone does not end the child. */
export function tellPrimary(message: ChildMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Reports at an interval, and once more when stopped, so that the last figures are the true ones. */
export function reportRegularly(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  report: () => ChildReport,
): { stop(): void } {
  const send = (): void => tellPrimary({ type: 'report', report: report() });
  let timer: ReturnType<Clock['setTimeout']>;
  const tick = (): void => {
    send();
    timer = clock.setTimeout(tick, REPORT_INTERVAL_MS);
  };
  timer = clock.setTimeout(tick, REPORT_INTERVAL_MS);
  return {
    stop: () => {
      clock.clearTimeout(timer);
      send();
    },
  };
}
