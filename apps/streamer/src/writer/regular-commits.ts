import type { Clock } from '@org/binance-client';
import type { Sink } from '@org/storage';

/** How often what was written is forced to the device. */
const COMMIT_INTERVAL_MS = 1000;

/** Commits at an interval, never two at once. `stop` resolves when the last one has ended. */
export function commitRegularly(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  sink: Pick<Sink, 'commit'>,
  failed: (error: unknown) => void,
): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  let timer = clock.setTimeout(tick, COMMIT_INTERVAL_MS);
  let stopped = false;
  function tick(): void {
    running = sink
      .commit()
      .catch(failed)
      .then(() => {
        if (!stopped) timer = clock.setTimeout(tick, COMMIT_INTERVAL_MS);
      });
  }
  return {
    stop: async () => {
      stopped = true;
      clock.clearTimeout(timer);
      await running;
    },
  };
}
