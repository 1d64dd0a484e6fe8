import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many generations can be told apart; two are alive at once, or three for a moment. */
const GENERATIONS = 8;

interface Counted {
  readonly generation: number;
  readonly epoch: number;
}

export interface FolderCountersOptions {
  readonly outputPath: string;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Counts the generations of processes that record into a folder, and their lives. Processes of a recorder that died and
 * those of the next one must not take each other's place by name, and a later life of a lane must have the greater
 * number, whatever the machine's clock does. Only whoever holds the folder counts.
 */
export class FolderCounters {
  readonly #options: FolderCountersOptions;
  readonly #file: string;
  #last: Counted;

  constructor(options: FolderCountersOptions) {
    this.#options = options;
    this.#file = join(options.outputPath, '.generation');
    // A folder that tells nothing may still have processes that record into it.
    this.#last = read(this.#file) ?? { generation: Math.floor(options.random() * GENERATIONS), epoch: 0 };
  }

  nextGeneration(): number {
    this.#keep({ ...this.#last, generation: (this.#last.generation + 1) % GENERATIONS });
    return this.#last.generation;
  }

  /** Greater than every one before it, of this recorder and of those before it. */
  nextEpoch(): number {
    this.#keep({ ...this.#last, epoch: Math.max(this.#options.nowMs(), this.#last.epoch + 1) });
    return this.#last.epoch;
  }

  #keep(counted: Counted): void {
    this.#last = counted;
    try {
      writeFileSync(`${this.#file}.tmp`, JSON.stringify(counted));
      renameSync(`${this.#file}.tmp`, this.#file);
    } catch {
      // A full disk: this process knows, and the next one meets it only if it starts before there is room.
    }
  }
}

function read(file: string): Counted | undefined {
  try {
    const { generation, epoch } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Counted>;
    const isCounted = Number.isSafeInteger(generation) && Number.isSafeInteger(epoch);
    return isCounted ? { generation: generation!, epoch: epoch! } : undefined;
  } catch {
    return undefined;
  }
}
