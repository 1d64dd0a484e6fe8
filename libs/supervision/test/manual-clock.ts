import type { Clock } from '@org/supervision';

/** A clock that stands until it is turned. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  setTimeout(run: () => void, delayMs: number): object {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return timer;
  }

  clearTimeout(timer: object | number | undefined): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Runs what is due on the way, in order of time, and lets promises settle after each. */
  async advance(byMs: number): Promise<void> {
    // What was begun before may be about to set a timer.
    await settle();
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#timers.filter((each) => each.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#nowMs = due.atMs;
      due.run();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
