/** A timer of a {@link Clock}; only its clock knows what it is. */
export type ClockTimer = object | number;

/** Time as a value that is passed in, so that tests turn it by hand. */
export interface Clock {
  /** Milliseconds on a clock that never steps; not comparable between processes. */
  nowMs(): number;
  setTimeout(run: () => void, delayMs: number): ClockTimer;
  clearTimeout(timer: ClockTimer | undefined): void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout | undefined);
  },
};
