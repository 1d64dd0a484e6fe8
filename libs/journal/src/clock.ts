/** Time as a value that is passed in, so that tests turn it by hand. */
export interface Clock {
  /** Milliseconds on a clock that never steps. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => performance.now() };
