import { FrameFields, scanDepthSnapshot, SLOT } from '@org/binance-wire';
import { isRejection } from '@org/storage';
import type { FileRows } from '../rows/batch-rows.ts';
import { writeDepthSnapshot } from '../rows/depth-rows.ts';
import { RowBuffer } from '../rows/row-buffer.ts';
import { openingName, periodStartMs, type OpeningFolder } from './opening-folder.ts';

/**
 * Why a file of depth begins without its book.
 *
 * - `no-book`: the book was not live when the period began
 * - `late`: it did not come within the time
 * - `other-id`: it does not stand right before the first row
 * - `unreadable`: it could not be read, or is none
 */
export type OpeningMissReason = 'no-book' | 'late' | 'other-id' | 'unreadable';

export interface OpeningMiss {
  readonly symbol: string;
  readonly period: string;
  readonly reason: OpeningMissReason;
}

export interface OpeningOptions {
  /** How long the files of one period may wait for their books, all together; at most a quarter of the period. */
  readonly waitMs: number;
  readonly clock: OpeningClock;
  /** A stream goes on in a file that has no book at its head. */
  readonly missing?: (miss: OpeningMiss) => void;
}

export interface OpeningClock {
  /** Milliseconds on a clock that never steps. */
  nowMs(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
}

export interface OpeningStats {
  readonly written: number;
  /** Their rows, which no record brought. */
  readonly rows: number;
  readonly missing: number;
}

const POLL_MS = 25;
/** A stream that lags so far behind the others finds its opening still. */
const KEPT_MS = 3_600_000;

/**
 * Brings each new file of depth the book that it begins with. An opening is used when its update id is the one that the
 * first row follows, and only then; that it is missing is counted, and stops nobody.
 */
export class Openings {
  readonly #folder: OpeningFolder;
  readonly #options: OpeningOptions;
  readonly #waitMs: number;
  readonly #fields = new FrameFields();
  readonly #rows = new RowBuffer();
  readonly #stats = { written: 0, rows: 0, missing: 0 };
  /** What is not needed any more once the rows are durable. */
  readonly #settled = new Set<string>();
  #period = '';
  #patienceMs = 0;
  #isSweepDue = false;

  constructor(folder: OpeningFolder, options: OpeningOptions, periodMs: number) {
    this.#folder = folder;
    this.#options = options;
    this.#waitMs = Math.min(options.waitMs, periodMs / 4);
  }

  /**
   * The first rows of these files, which are to be begun, as they come; those of one before that of the next, whose rows
   * take the same memory.
   */
  async *heads(begun: readonly FileRows[]): AsyncGenerator<FileRows> {
    const awaited = new Map(begun.map((file) => [openingName(placeOf(file)), file]));
    this.#enterPeriod(begun);
    for (;;) {
      const present = await this.#folder.names();
      for (const [name, file] of awaited) {
        const isPresent = present.has(name);
        const rows = isPresent ? await this.#read(name, file) : 0;
        if (rows > 0) {
          yield { ...file, rows: this.#rows };
          // Not before they are written: after a failure they are asked for again.
          this.#stats.written++;
          this.#stats.rows += rows;
        }
        if (isPresent) this.#settled.add(name);
        // A stream that is met for the first time has no book yet, unless there was a life before.
        if (isPresent || !file.start!.isContinued) awaited.delete(name);
      }
      if (awaited.size === 0 || this.#patienceMs <= 0) break;
      await this.#pause();
    }
    for (const file of awaited.values()) this.#miss(file, 'late');
  }

  /** Everything so far is durable: removes the openings that were used, and those that nobody came for. */
  async committed(): Promise<void> {
    const names = [...this.#settled];
    this.#settled.clear();
    try {
      for (const name of names) await this.#folder.remove(name);
      if (this.#isSweepDue) await this.#folder.removeBefore(periodStartMs(this.#period) - KEPT_MS);
    } catch {
      // What cannot be removed does no harm, and is tried again with the next period.
      return;
    }
    this.#isSweepDue = false;
  }

  stats(): OpeningStats {
    return { ...this.#stats };
  }

  #enterPeriod(begun: readonly FileRows[]): void {
    const latest = begun.reduce((last, { period }) => (period > last ? period : last), this.#period);
    if (latest === this.#period) return;
    this.#period = latest;
    this.#patienceMs = this.#waitMs;
    this.#isSweepDue = true;
  }

  /** Makes rows of an opening, and returns how many; 0 when it is none for this file. */
  async #read(name: string, file: FileRows): Promise<number> {
    try {
      const body = await this.#folder.read(name);
      if (body.length === 0) return this.#miss(file, 'no-book');
      scanDepthSnapshot(body, this.#fields);
    } catch {
      return this.#miss(file, 'unreadable');
    }
    return this.#write(file);
  }

  #write(file: FileRows): number {
    const fields = this.#fields;
    const { lastUpdateId, receivedAtUs } = file.start!;
    try {
      if (fields.integer(SLOT.lastUpdateId) !== lastUpdateId) return this.#miss(file, 'other-id');
      if (fields.text(SLOT.symbol) !== file.folder) return this.#miss(file, 'unreadable');
      this.#rows.length = 0;
      return writeDepthSnapshot(fields, Math.floor(receivedAtUs), this.#rows);
    } catch (error) {
      if (!isRejection(error)) throw error;
      return this.#miss(file, 'unreadable');
    }
  }

  #miss(file: FileRows, reason: OpeningMissReason): 0 {
    if (!file.start!.isContinued) return 0;
    this.#stats.missing++;
    this.#options.missing?.({ ...placeOf(file), reason });
    return 0;
  }

  async #pause(): Promise<void> {
    const { clock } = this.#options;
    const startedAtMs = clock.nowMs();
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
    this.#patienceMs -= clock.nowMs() - startedAtMs;
  }
}

function placeOf({ folder, period }: FileRows) {
  return { symbol: folder, period };
}
