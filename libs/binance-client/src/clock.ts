import { performance } from 'node:perf_hooks';

/** A timer of a {@link Clock}; only its clock knows what it is. */
export type ClockTimer = object | number;

/** Time as a value that is passed in, so that tests turn it by hand. */
export interface Clock {
  /** Milliseconds on a clock that never steps; for durations and timers, not comparable between processes. */
  nowMs(): number;
  /** Microseconds since the epoch, finer than a millisecond; follows the machine's clock when that is set anew. */
  wallUs(): number;
  /** May run early where the delay is beyond what the machine can wait (24 days). */
  setTimeout(run: () => void, delayMs: number): ClockTimer;
  clearTimeout(timer: ClockTimer | undefined): void;
}

/** Further apart than this, the machine's clock was set; the precision of `Date.now` alone is 1 ms. */
const STEP_MS = 2;

/** Node runs a timer with a longer delay at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Where the millisecond of `Date.now()` is taken to stand: its middle. */
const HALF_MS = 0.5;

/**
 * `performance.now()` counts microseconds, `Date.now()` follows the machine's clock. The wall time is the first, shifted;
 * the shift is taken anew when the two have parted.
 */
function createWallUs(): () => number {
  let shiftMs = performance.timeOrigin;
  return () => {
    const runningMs = performance.now();
    const dateMs = Date.now();
    if (Math.abs(shiftMs + runningMs - dateMs - HALF_MS) > STEP_MS) shiftMs = dateMs + HALF_MS - runningMs;
    return Math.round((shiftMs + runningMs) * 1000);
  };
}

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallUs: createWallUs(),
  setTimeout: (run, delayMs) => setTimeout(run, Math.min(delayMs, TIMER_MAX_MS)),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout | undefined);
  },
};
