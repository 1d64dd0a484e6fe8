import type { Report } from './finding.ts';
import type { ReadFile } from './read-file.ts';

/** Receipts may go back by what two redundant lines differ, and by a small step of the clock. */
const TOLERANCE_US = 5_000_000;

/** Receipt times: within the period of their file, and forward. */
export class ReceiptCheck {
  /** The latest receipt so far. */
  latestUs = 0;
  readonly #report: Report;
  #file: ReadFile | undefined;
  #isBack = false;
  #isOutside = false;

  constructor(report: Report) {
    this.#report = report;
  }

  begin(file: ReadFile): void {
    this.#file = file;
    this.#isOutside = false;
  }

  take(receivedAtUs: number, line: number): void {
    const { startUs, endUs } = this.#file!;
    // A small step back of the clock sends nothing into the file before.
    const isOutside = receivedAtUs < startUs - TOLERANCE_US || receivedAtUs >= endUs;
    if (isOutside || this.#isOutside) this.#tellOutside(isOutside, receivedAtUs, line);
    if (receivedAtUs >= this.latestUs) {
      this.latestUs = receivedAtUs;
      this.#isBack = false;
    } else if (receivedAtUs < this.latestUs - TOLERANCE_US) this.#tellBack(receivedAtUs, line);
  }

  /** A run of such rows is one finding. */
  #tellOutside(isOutside: boolean, receivedAtUs: number, line: number): void {
    const { name, kind } = this.#file!;
    if (isOutside && !this.#isOutside)
      this.#report({
        ...{ severity: 'error', code: 'TIME_OUT_OF_PERIOD', file: name, line, stream: kind },
        message: `expected a local_time within the period of the file, was ${receivedAtUs}`,
      });
    this.#isOutside = isOutside;
  }

  #tellBack(receivedAtUs: number, line: number): void {
    const { name, kind } = this.#file!;
    if (!this.#isBack)
      this.#report({
        ...{ severity: 'warning', code: 'TIME_BACKWARDS', file: name, line, stream: kind },
        message: `expected a local_time of ${this.latestUs} or later, was ${this.latestUs - receivedAtUs} µs earlier`,
      });
    this.#isBack = true;
  }
}
