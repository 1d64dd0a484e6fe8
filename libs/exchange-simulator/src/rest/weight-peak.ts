/** Span of the limit on request weight. */
const WINDOW_MS = 60_000;

/** The most weight that was asked for in a minute: in any 60 s to the millisecond, and in any minute of the clock. */
export class WeightPeak {
  /** Weight by millisecond, in a ring of one window. */
  readonly #byMs = new Float64Array(WINDOW_MS);
  #lastMs = 0;
  #inWindow = 0;
  #minute = -1;
  #inMinute = 0;
  #rolling = 0;
  #fixed = 0;

  get rolling(): number {
    return this.#rolling;
  }

  get fixed(): number {
    return this.#fixed;
  }

  add(weight: number, nowMs: number): void {
    const atMs = Math.floor(nowMs);
    this.#forget(atMs);
    this.#byMs[atMs % WINDOW_MS]! += weight;
    this.#inWindow += weight;
    const minute = Math.floor(atMs / WINDOW_MS);
    this.#inMinute = minute === this.#minute ? this.#inMinute + weight : weight;
    this.#minute = minute;
    this.#rolling = Math.max(this.#rolling, this.#inWindow);
    this.#fixed = Math.max(this.#fixed, this.#inMinute);
  }

  /** Takes out what is a whole window old. */
  #forget(atMs: number): void {
    for (let ms = Math.max(this.#lastMs, atMs - WINDOW_MS) + 1; ms <= atMs; ms++) {
      this.#inWindow -= this.#byMs[ms % WINDOW_MS]!;
      this.#byMs[ms % WINDOW_MS] = 0;
    }
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }
}
