/** How far a market is behind its own schedule: time that the exchange lost, not its clients. Ms of the clock. */
export interface MarketLag {
  readonly lastMs: number;
  readonly highestMs: number;
}

/** Keeps the last and the highest of the lags it is told. */
export class LagGauge {
  #lastMs = 0;
  #highestMs = 0;

  note(lagMs: number): void {
    this.#lastMs = Math.max(0, lagMs);
    this.#highestMs = Math.max(this.#highestMs, lagMs);
  }

  report(): MarketLag {
    return { lastMs: this.#lastMs, highestMs: this.#highestMs };
  }
}
