/** Holes that are waited for at once; beyond, the oldest is forgotten, and its wait begins anew. */
const HOLES_MAX = 10_000;

/** How long each hole has been waited for: a node whose clock is hours behind would never be beyond any. */
export class HoleWaits {
  readonly #maxMs: number;
  /** By the receipt behind the hole: when it was asked about first. In the order of asking. */
  readonly #sinceMs = new Map<number, number>();

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  isOverdue(receivedAtUs: number, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(receivedAtUs);
    if (sinceMs !== undefined) return nowMs - sinceMs > this.#maxMs;
    this.#forget(nowMs);
    this.#sinceMs.set(receivedAtUs, nowMs);
    return false;
  }

  /** What was asked about long ago is over, one way or the other. */
  #forget(nowMs: number): void {
    for (const [receivedAtUs, sinceMs] of this.#sinceMs) {
      if (nowMs - sinceMs <= 2 * this.#maxMs && this.#sinceMs.size < HOLES_MAX) return;
      this.#sinceMs.delete(receivedAtUs);
    }
  }
}
