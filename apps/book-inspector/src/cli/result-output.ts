import { appendFile, writeFile } from 'node:fs/promises';
import { writeText, type CliIo } from './io.ts';
import type { Style } from './paint.ts';
import { ReplayFailure } from './replay-failure.ts';

/** Columns of a text that goes to a file or a pipe. */
const COLUMNS = 100;

/** Where the result goes: stdout, or a file. */
export class ResultOutput {
  readonly style: Style;
  readonly #io: CliIo;
  readonly #file: string | undefined;
  #isBegun = false;

  constructor(io: CliIo, file: string | undefined) {
    const isTerminal = file === undefined && io.stdout.isTTY === true;
    // A terminal that does not know its size says 0.
    const columns = (isTerminal && io.stdout.columns) || COLUMNS;
    this.style = { colours: isTerminal && (io.env['NO_COLOR'] ?? '') === '', columns };
    this.#io = io;
    this.#file = file;
  }

  /** The first text replaces the file. Rejects with {@link ReplayFailure}. */
  async write(text: string): Promise<void> {
    if (this.#file === undefined) return writeText(this.#io.stdout, text);
    try {
      await (this.#isBegun ? appendFile : writeFile)(this.#file, text);
      this.#isBegun = true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new ReplayFailure('OUTPUT_FAILED', `the result could not be written: ${problem}`, error);
    }
  }

  /** Says where the result is. */
  end(): void {
    if (this.#file !== undefined && this.#isBegun)
      this.#io.stderr.write(`book-inspector: wrote ${this.#file}\n`);
  }
}
