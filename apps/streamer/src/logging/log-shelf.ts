import { join } from 'node:path';
import { createLogger, format, type Logger } from 'winston';
import type { Clock, ClockTimer } from '@org/binance-client';
import type { LoggingConfig } from '@org/config';
import { LINES_LOST, type LogFields } from './child-log.ts';
import { lineTransport } from './line-transport.ts';
import type { LogDisk } from './log-disk.ts';
import { LogFile, LogMemory } from './log-file.ts';
import { fileStem, superfluousLogs } from './log-folder.ts';
import { jsonLine } from './loggable.ts';

export interface LogShelfOptions {
  readonly config: LoggingConfig;
  readonly disk: LogDisk;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** The log cannot be written; told once, until it can. */
  readonly failed: (error: unknown) => void;
}

export interface ShelfCounters {
  readonly written: number;
  readonly lost: number;
}

interface Place {
  readonly file: LogFile;
  readonly logger: Logger;
}

/** By then every worker of a recorder has said something, and a file that nobody writes to belongs to nobody. */
const TIDY_AFTER_MS = 60_000;

const FILE_LINES = format.combine(
  format.timestamp(),
  format.printf(({ timestamp, level, message, source, fields }) =>
    fileLine({ timestamp, level, message, source }, fields as LogFields),
  ),
);

/** One JSON object; a fact whose name the line itself needs has `_` behind it. */
function fileLine(head: LogFields, fields: LogFields): string {
  const facts = Object.entries(fields).map(([name, value]) => [name in head ? `${name}_` : name, value]);
  return jsonLine({ ...head, ...(Object.fromEntries(facts) as LogFields) });
}

/** The log files of a recorder, one for each place that a process has in it. */
export class LogShelf {
  readonly #options: LogShelfOptions;
  readonly #places = new Map<string, Place>();
  readonly #memory = new LogMemory();
  readonly #tidyTimer: ClockTimer;
  #isFailing = false;
  #tidying = Promise.resolve();

  constructor(options: LogShelfOptions) {
    this.#options = options;
    this.#tidyTimer = options.clock.setTimeout(() => this.#tidy(), TIDY_AFTER_MS);
  }

  /** Where lines of this source go. */
  loggerOf(source: string): Logger {
    const stem = fileStem(source);
    const place = this.#places.get(stem) ?? this.#open(stem);
    this.#places.set(stem, place);
    return place.logger;
  }

  counters(): ShelfCounters {
    let [written, lost] = [0, 0];
    for (const { file } of this.#places.values()) {
      written += file.written;
      lost += file.lost;
    }
    return { written, lost };
  }

  /** Everything that waits is written, as far as the disk takes it within a second. */
  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#tidyTimer);
    await Promise.all([...this.#places.values()].map(({ file }) => file.close()));
    await this.#tidying;
  }

  /** The same in one go, for a process that ends now. */
  flushLast(): void {
    for (const { file } of this.#places.values()) file.flushLast();
  }

  #open(stem: string): Place {
    const { config, disk, clock } = this.#options;
    const file = new LogFile({
      folder: config.dir,
      stem,
      maxSizeBytes: config.maxSizeBytes,
      maxFiles: config.maxFiles,
      disk,
      clock,
      memory: this.#memory,
      lostLine: (count) => lostLine(stem, count),
      failed: (error) => this.#fail(error),
      freed: () => (this.#isFailing = false),
      rotated: () => this.#tidy(),
    });
    // The level was decided before; here everything is written.
    const logger = createLogger({
      level: 'debug',
      format: FILE_LINES,
      transports: [lineTransport((line) => file.append(line))],
    });
    return { file, logger };
  }

  /** All files are on one disk: its trouble is told once. */
  #fail(error: unknown): void {
    if (!this.#isFailing) this.#options.failed(error);
    this.#isFailing = true;
  }

  #tidy(): void {
    const { config, disk } = this.#options;
    const remove = async (): Promise<void> => {
      const names = superfluousLogs(await disk.list(config.dir), new Set(this.#places.keys()), config);
      for (const name of names) await disk.remove(join(config.dir, name));
    };
    // A folder that cannot be read has nothing that could be removed, and is looked at again at the next rotation.
    this.#tidying = this.#tidying.then(remove).catch(() => undefined);
  }
}

function lostLine(stem: string, count: number): string {
  const timestamp = new Date().toISOString();
  const head = { timestamp, level: 'warn', message: LINES_LOST, source: stem };
  return fileLine(head, { count, reason: 'log disk' });
}
