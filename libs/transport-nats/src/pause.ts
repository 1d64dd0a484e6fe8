import type { Clock, ClockTimer } from './clock.ts';

/** Waits, until a time has passed, or somebody wakes it, or the signal ends it for good. */
export class Pause {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  for(delayMs: number): Promise<void> {
    if (this.#signal.aborted || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: ClockTimer | undefined = undefined;
      const end = (): void => {
        this.#clock.clearTimeout(timer);
        this.#signal.removeEventListener('abort', end);
        this.#wake = undefined;
        resolve();
      };
      timer = this.#clock.setTimeout(end, delayMs);
      this.#signal.addEventListener('abort', end);
      this.#wake = end;
    });
  }

  wake(): void {
    this.#wake?.();
  }
}

const FIRST_MS = 50;
const LAST_MS = 2000;

/** How long to wait before the n-th repetition (from 0): doubles up to two seconds, half of it by chance. */
export function retryDelayMs(attempt: number, random: () => number): number {
  const fullMs = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return fullMs / 2 + (random() * fullMs) / 2;
}
