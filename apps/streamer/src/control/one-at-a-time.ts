/** Does one thing after the other, in the order of asking. */
export class OneAtATime {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  /** Whether something is under way or waits. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** `task` must not reject: whoever asks for it reports its errors. Nothing begins any more once this is closed. */
  run(task: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      try {
        if (!this.#isClosed) await task();
      } finally {
        this.#waiting--;
      }
    });
    return this.#last;
  }

  /** Resolves when what is under way has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#last;
  }
}
