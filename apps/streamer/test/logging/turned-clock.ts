import type { Clock } from '@org/binance-client';

interface Timer {
  readonly run: () => void;
  readonly atMs: number;
}

/** Time that a test turns. */
export class TurnedClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallUs(): number {
    return this.#nowMs * 1000;
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const timer = { run, atMs: this.#nowMs + delayMs };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: object | number | undefined): void {
    this.#timers.delete(timer as Timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const next = due.sort((left, right) => left.atMs - right.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  /** Lets promises settle, which hang on no timer. */
  async settle(turns = 50): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  }
}
