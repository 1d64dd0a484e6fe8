import type { CliIo } from './io.ts';
import { ProgressBar } from './progress-bar.ts';

/** One bar for many recordings. */
export class ManyProgress {
  readonly #bar: ProgressBar;
  readonly #bytes: readonly number[];
  readonly #read: number[];
  readonly #bytesTotal: number;
  readonly #noun: string;
  #bytesRead = 0;
  #ended = 0;

  /** `bytes` are those of each recording, `noun` is what they are called. */
  constructor(bytes: readonly number[], io: CliIo, isWanted: boolean | undefined, noun = 'symbols') {
    this.#bar = new ProgressBar('', io.stderr, () => io.nowMs(), isWanted);
    this.#bytes = bytes;
    this.#noun = noun;
    this.#read = bytes.map(() => 0);
    this.#bytesTotal = bytes.reduce((sum, size) => sum + size, 0);
  }

  update(index: number, bytesRead: number): void {
    this.#bytesRead += bytesRead - this.#read[index]!;
    this.#read[index] = bytesRead;
    this.#bar.label = `${this.#ended} of ${this.#bytes.length} ${this.#noun}`;
    this.#bar.update({ bytesRead: this.#bytesRead, bytesTotal: this.#bytesTotal });
  }

  /** Counts all of its bytes, also those that a moment left unread. */
  ended(index: number): void {
    this.#ended++;
    this.update(index, this.#bytes[index]!);
  }

  clear(): void {
    this.#bar.clear();
  }
}
