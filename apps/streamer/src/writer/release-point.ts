/** Up to where everybody who reads the journal, or will come back to it, has what they need of it. */
export class ReleasePoint {
  readonly #positions = new Map<string, number>();
  readonly #release: (position: number) => void;
  #released = 0;

  constructor(readers: ReadonlyMap<string, number>, release: (position: number) => void) {
    for (const [name, position] of readers) this.#positions.set(name, position);
    this.#release = release;
  }

  /** What lies behind this position is kept for the reader; one that is not known yet is waited for from now on. */
  moved(name: string, position: number): void {
    this.#positions.set(name, position);
    this.#letGo();
  }

  /** Nothing is kept for this reader, until it moves again. Returns what was let go of: all before this position. */
  dropped(name: string): number {
    this.#positions.delete(name);
    this.#letGo();
    return this.#released;
  }

  #letGo(): void {
    const slowest = Math.min(...this.#positions.values());
    // Readers move with every batch, the slowest of them once a commit.
    if (slowest > this.#released) this.#release((this.#released = slowest));
  }
}
