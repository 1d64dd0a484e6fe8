/** Lets at most `limit` in at once; the others wait in the order of their coming. */
export class Turnstile {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when it is our turn. Whoever went in must `leave`. */
  async enter(): Promise<void> {
    if (this.#inside < this.#limit) this.#inside++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    // The place passes straight on, so nobody can slip in between.
    if (next === undefined) this.#inside--;
    else next();
  }
}
