import type { Clock } from '@org/binance-client';
import type { RepairWish } from '../control/messages.ts';

/** A repair that nobody has brought is asked for again after this long; whoever is at it already ignores that. */
const INTERVAL_MS = 2000;

/** More at a time would not be fetched any faster. */
const WISHES_MAX = 100;

/** Asks for what is missing, again and again, until it is there or has expired. */
export function wishRepairs(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  store: { repairs(): readonly RepairWish[] },
  wish: (repairs: readonly RepairWish[]) => void,
): { stop(): void } {
  let timer: ReturnType<Clock['setTimeout']>;
  let asked = 0;
  const tick = (): void => {
    const repairs = store.repairs();
    // Each has its turn: those in front may be out of reach for days.
    const start = asked % Math.max(1, repairs.length);
    const turn = [...repairs.slice(start), ...repairs.slice(0, start)].slice(0, WISHES_MAX);
    asked = start + turn.length;
    if (turn.length > 0) wish(turn.map(({ stream, kind, from, to }) => ({ stream, kind, from, to })));
    timer = clock.setTimeout(tick, INTERVAL_MS);
  };
  timer = clock.setTimeout(tick, INTERVAL_MS);
  return { stop: () => clock.clearTimeout(timer) };
}
