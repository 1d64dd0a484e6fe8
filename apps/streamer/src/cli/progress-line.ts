import { timeText } from '../daemon/figures.ts';

/** One line on a terminal that says what is waited for, and is gone afterwards; nothing where there is no terminal. */
export class ProgressLine {
  readonly #output: NodeJS.WriteStream;
  readonly #startedAtMs = performance.now();
  #isShown = false;

  constructor(output: NodeJS.WriteStream = process.stderr) {
    this.#output = output;
  }

  show(text: string): void {
    if (!this.#output.isTTY) return;
    const line = `${timeText(performance.now() - this.#startedAtMs)}  ${text}`;
    // A terminal that does not know its width says 0.
    const width = this.#output.columns > 1 ? this.#output.columns - 1 : line.length;
    this.#output.write(`\r\u001b[K${line.slice(0, width)}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K');
    this.#isShown = false;
  }
}
