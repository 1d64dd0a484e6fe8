import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder in the output folder; a file a sink. */
const FOLDER = '.sinks';
const SUFFIX = '.json';

/**
 * Up to where a sink has said that it committed. It is a lower bound and the store's own word is the truth, so nothing is
 * synced: a file that is older than it could be keeps more of the journal than it had to.
 */
export class HoldFile {
  readonly #path: string;
  #position: number | undefined;
  #written: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(outputPath: string, name: string) {
    this.#path = join(outputPath, FOLDER, `${name}${SUFFIX}`);
  }

  /** Undefined when there is none, or none that can be read. */
  read(): number | undefined {
    try {
      const { position } = JSON.parse(readFileSync(this.#path, 'utf8')) as { position?: unknown };
      return Number.isSafeInteger(position) && (position as number) >= 0 ? (position as number) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The latest position will be in the file; what cannot be written now is written with the next. */
  write(position: number): void {
    this.#position = position;
    this.#writing ??= this.#writeLatest().finally(() => (this.#writing = undefined));
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeLatest(): Promise<void> {
    while (this.#position !== this.#written) {
      const position = this.#position;
      try {
        await writeFile(`${this.#path}.tmp`, `${JSON.stringify({ position })}\n`);
        await rename(`${this.#path}.tmp`, this.#path);
      } catch {
        return;
      }
      this.#written = position;
    }
  }
}

/** Makes the folder, and removes the files of sinks that are configured no more: nothing is kept for them. */
export function prepareHoldFiles(outputPath: string, names: readonly string[]): void {
  const folder = join(outputPath, FOLDER);
  if (names.length === 0) return rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const known = new Set(names.map((name) => `${name}${SUFFIX}`));
  for (const file of readdirSync(folder)) if (!known.has(file)) rmSync(join(folder, file), { force: true });
}
