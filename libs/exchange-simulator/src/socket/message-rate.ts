/** Counts what a client sends: at most `limit` messages in any second. */
export class MessageRate {
  readonly #limit: number;
  readonly #timesMs: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes one message; false when it is one too many. */
  admit(nowMs: number): boolean {
    while (this.#timesMs.length > 0 && this.#timesMs[0]! <= nowMs - 1000) this.#timesMs.shift();
    this.#timesMs.push(nowMs);
    return this.#timesMs.length <= this.#limit;
  }
}
