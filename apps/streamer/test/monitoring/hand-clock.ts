import type { Clock, ClockTimer } from '@org/binance-client';

/** A clock that moves when it is told to. */
export class HandClock implements Pick<Clock, 'nowMs' | 'wallUs' | 'setTimeout' | 'clearTimeout'> {
  #nowMs: number;
  readonly #timers = new Map<ClockTimer, { readonly atMs: number; readonly run: () => void }>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallUs(): number {
    return this.#nowMs * 1000;
  }

  setTimeout(run: () => void, delayMs: number): ClockTimer {
    const timer = Symbol('timer') as unknown as ClockTimer;
    this.#timers.set(timer, { atMs: this.#nowMs + delayMs, run });
    return timer;
  }

  clearTimeout(timer: ClockTimer | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer);
  }

  /** Runs what is due on the way, each at its time, and lets promises settle between. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await new Promise((settled) => setImmediate(settled));
      const next = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs)[0];
      if (next === undefined || next[1].atMs > endMs) break;
      this.#nowMs = next[1].atMs;
      this.#timers.delete(next[0]);
      next[1].run();
    }
    this.#nowMs = endMs;
  }
}
