import type { Clock, ClockTimer } from '@org/binance-client';

/** A clock that stands still until it is turned; timers run at their own time, in order. */
export class ManualClock implements Clock {
  #nowMs = 1_000;
  #epochMs = 1_790_000_000_000;
  #nextId = 1;
  readonly #timers = new Map<number, { readonly atMs: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallUs(): number {
    return (this.#epochMs + this.#nowMs) * 1000;
  }

  setTimeout(run: () => void, delayMs: number): ClockTimer {
    this.#timers.set(this.#nextId, { atMs: this.#nowMs + delayMs, run });
    return this.#nextId++;
  }

  clearTimeout(timer: ClockTimer | undefined): void {
    this.#timers.delete(timer as number);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Sets the machine's clock without time passing. */
  stepWallMs(byMs: number): void {
    this.#epochMs += byMs;
  }

  /** Lets `byMs` pass; between two timers everything that promises have to do is done. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      await settled();
      const [id, timer] = [...this.#timers].sort(([, a], [, b]) => a.atMs - b.atMs)[0] ?? [];
      if (id === undefined || timer === undefined || timer.atMs > endMs) break;
      this.#timers.delete(id);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.run();
    }
    this.#nowMs = endMs;
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
