import type { Clock } from '@org/binance-client';

const settled = (): Promise<void> => new Promise(setImmediate);

/** A clock that stands still until it is turned; what is due runs, and what follows from it at once, too. */
export class HandClock {
  nowAtMs: number;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly clock: Clock = {
    nowMs: () => this.nowAtMs,
    wallUs: () => this.nowAtMs * 1000,
    setTimeout: (run, delayMs) => {
      const timer = { atMs: this.nowAtMs + delayMs, run };
      this.#timers.push(timer);
      return timer;
    },
    clearTimeout: (timer) => void (this.#timers = this.#timers.filter((one) => one !== timer)),
  };

  constructor(nowAtMs = 0) {
    this.nowAtMs = nowAtMs;
  }

  get timers(): number {
    return this.#timers.length;
  }

  async turn(byMs: number): Promise<void> {
    const endMs = this.nowAtMs + byMs;
    for (;;) {
      await settled();
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowAtMs = Math.max(this.nowAtMs, next.atMs);
      next.run();
    }
    this.nowAtMs = endMs;
    await settled();
  }
}
