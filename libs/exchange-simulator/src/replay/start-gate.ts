import type { Cancel, Clock } from '../clock.ts';

/**
 * Decides when the clock of a replay starts: when somebody is there who wants the book, and nobody has subscribed to
 * anything for a while. Reasons: docs/adr/0004-simulator-clock.md.
 */
export class StartGate {
  /** Resolves once, when the clock starts. */
  readonly opened: Promise<void>;
  readonly #settleMs: number;
  readonly #clock: Clock;
  #open: () => void = () => undefined;
  #cancel: Cancel = () => undefined;
  #isWanted = false;
  #isOpen = false;

  constructor(settleMs: number, clock: Clock) {
    this.#settleMs = settleMs;
    this.#clock = clock;
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  /** A subscription arrived; `starts` when it is one that sets the clock going. */
  subscribed(starts: boolean): void {
    if (this.#isOpen) return;
    this.#isWanted ||= starts;
    if (!this.#isWanted) return;
    this.#cancel();
    this.#cancel = this.#clock.after(this.#settleMs, () => {
      this.#isOpen = true;
      this.#open();
    });
  }

  /** The clock will not start any more. */
  close(): void {
    this.#isOpen = true;
    this.#cancel();
  }
}
