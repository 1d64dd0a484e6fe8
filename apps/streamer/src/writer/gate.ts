/** Lets everybody through, or lets them wait; whoever waited goes in the order of coming. */
export class Gate {
  #passed: Promise<void> = Promise.resolve();
  #waiting: { open(): void; refuse(error: Error): void } | undefined;

  /** Resolved while the gate is open. */
  get passed(): Promise<void> {
    return this.#passed;
  }

  get isClosed(): boolean {
    return this.#waiting !== undefined;
  }

  close(): void {
    if (this.#waiting !== undefined) return;
    this.#passed = new Promise((open, refuse) => (this.#waiting = { open, refuse }));
    // Nobody may be waiting when it is refused.
    this.#passed.catch(() => undefined);
  }

  open(): void {
    this.#waiting?.open();
    this.#waiting = undefined;
  }

  /** Whoever waits is refused. */
  refuse(error: Error): void {
    this.#waiting?.refuse(error);
  }
}
