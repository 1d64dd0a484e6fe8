/** Connection attempts by address and window; documented for spot, taken for futures, where nothing is documented. */
export const ATTEMPTS_MAX = 300;
export const ATTEMPTS_WINDOW_MS = 5 * 60_000;

/** The connection attempts of one address, shared by all who connect from it. */
export interface ConnectionAttempts {
  /**
   * Takes a place and returns 0, or takes none and returns how long to wait before asking again, milliseconds. Nobody
   * holds a place in advance, so none is lost with a process.
   */
  take(): number;
}

/** Spreads events so that no window of `windowMs` holds more than `countMax`. */
export class AttemptLimiter {
  readonly #countMax: number;
  readonly #windowMs: number;
  /** Times of the latest attempts, oldest first. */
  readonly #atMs: number[];

  /** `atMs`: earlier attempts, oldest first. */
  constructor(countMax: number, windowMs: number, atMs: readonly number[] = []) {
    this.#countMax = countMax;
    this.#windowMs = windowMs;
    this.#atMs = atMs.slice(-countMax);
  }

  /** Times of the latest attempts, at most `countMax`, oldest first. */
  get atMs(): readonly number[] {
    return this.#atMs;
  }

  /** See {@link ConnectionAttempts}. */
  take(nowMs: number): number {
    const waitMs = this.waitMs(nowMs);
    if (waitMs > 0) return waitMs;
    if (this.#atMs.length >= this.#countMax) this.#atMs.shift();
    this.#atMs.push(nowMs);
    return 0;
  }

  /** How long until a place is free; takes none. */
  waitMs(nowMs: number): number {
    const oldestMs = this.#atMs.length < this.#countMax ? -Infinity : this.#atMs[0]!;
    return Math.max(0, oldestMs + this.#windowMs - nowMs);
  }
}
