/** Up to where everybody who reads the journal has what they need of it. */
export class ReleasePoint {
  readonly #positions = new Map<string, number>();
  readonly #release: (position: number) => void;
  #released = 0;

  constructor(readers: ReadonlyMap<string, number>, release: (position: number) => void) {
    for (const [name, position] of readers) this.#positions.set(name, position);
    this.#release = release;
  }

  moved(name: string, position: number): void {
    this.#positions.set(name, position);
    const slowest = Math.min(...this.#positions.values());
    // Readers move with every batch, the slowest of them once a commit.
    if (slowest > this.#released) this.#release((this.#released = slowest));
  }
}
