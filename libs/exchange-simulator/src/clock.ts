/** Cancels what was planned; calling it late or twice does nothing. */
export type Cancel = () => void;

/** Time as the exchange sees it. Everything that waits, measures or stamps asks this clock. */
export interface Clock {
  /** Milliseconds since the epoch with a fraction; never goes back while the process lives. */
  nowMs(): number;
  /** Runs `action` once, `delayMs` from now. */
  after(delayMs: number, action: () => void): Cancel;
}

/** Longest delay that a Node timer takes; a longer one would fire at once. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** The machine's clock: the wall time of the start, carried on by the monotonic counter. */
export function systemClock(): Clock {
  const startMs = Date.now();
  const startedAt = process.hrtime.bigint();
  return {
    nowMs: () => startMs + Number(process.hrtime.bigint() - startedAt) / 1e6,
    after(delayMs, action) {
      const timer = setTimeout(action, Math.min(Math.max(0, delayMs), DELAY_MAX_MS));
      return () => clearTimeout(timer);
    },
  };
}
