import type { Buffer } from 'node:buffer';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FrameFields } from '@org/binance-wire';
import {
  CsvSink,
  nodeFileSystem,
  OpeningFolder,
  type OpeningMiss,
  Periods,
  type Rotation,
} from '@org/storage-csv';
import { leveledLog } from '../../src/logging/child-log.ts';
import { BookOpenings } from '../../src/order-book/book-openings.ts';
import { BookShelf } from '../../src/order-book/book-shelf.ts';

export const timers = {
  nowMs: () => performance.now(),
  wallUs: () => 0,
  setTimeout: (run: () => void, delayMs: number): unknown => setTimeout(run, Math.min(delayMs, 1)),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};

export interface RecordingOptions {
  readonly rotation: Rotation;
  readonly symbols: readonly string[];
  readonly waitMs?: number;
}

/** The writer's sink and the order-book manager's books over one folder, as two processes have them. */
export class Recording {
  readonly folder = mkdtempSync(join(tmpdir(), 'openings-test-'));
  readonly misses: OpeningMiss[] = [];
  readonly wanted: string[] = [];
  shelf: BookShelf;
  sink: CsvSink;
  position = 0;
  readonly #options: RecordingOptions;
  #openings!: BookOpenings;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.shelf = this.manager();
    this.sink = this.writer();
  }

  /** Another life of the order-book manager. */
  manager(): BookShelf {
    const { rotation, symbols } = this.#options;
    const log = leveledLog(() => undefined);
    const snapshotWanted = (symbol: string): void => void this.wanted.push(symbol);
    this.#openings = new BookOpenings({
      periods: new Periods(rotation),
      folder: new OpeningFolder(nodeFileSystem, this.folder),
      token: 'test',
      log,
      snapshotWanted,
    });
    return (this.shelf = new BookShelf({
      symbols,
      fields: new FrameFields(),
      staleAfterMs: 1000,
      clock: { ...timers, setTimeout: () => ({}), clearTimeout: () => undefined },
      log,
      joined: () => undefined,
      snapshotWanted,
      openings: this.#openings,
    }));
  }

  /** Another life of the writer's sink. */
  writer(): CsvSink {
    const { rotation, waitMs = 60_000 } = this.#options;
    const missing = (miss: OpeningMiss): void => void this.misses.push(miss);
    const openings = { waitMs, clock: timers, missing };
    return (this.sink = new CsvSink({ outputDir: this.folder, rotation, openings }));
  }

  append(batch: Buffer): Promise<void> {
    return this.sink.append(batch, ++this.position);
  }

  /** Both get the batch, one of them first. */
  async take(batch: Buffer, first: 'sink' | 'books' = 'sink'): Promise<void> {
    if (first === 'books') {
      this.shelf.take(batch);
      await this.openingsWritten();
    }
    const appended = this.append(batch);
    if (first === 'sink') this.shelf.take(batch);
    await appended;
  }

  openingsWritten(): Promise<void> {
    return this.#openings.finish(10_000, { ...timers, setTimeout: (run, ms) => setTimeout(run, ms) });
  }

  /** The depth files of a symbol in the order of time. */
  files(symbol: string): string[] {
    if (!existsSync(join(this.folder, symbol))) return [];
    const names = readdirSync(join(this.folder, symbol)).filter((name) => name.startsWith('depth_'));
    return names.sort().map((name) => join(this.folder, symbol, name));
  }

  openings(): string[] {
    const path = join(this.folder, '.openings');
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  async remove(): Promise<void> {
    this.shelf.stop();
    await this.openingsWritten();
    await this.sink.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
