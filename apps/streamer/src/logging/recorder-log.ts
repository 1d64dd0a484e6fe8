import { createLogger, type Logger } from 'winston';
import { type Clock, type ClockTimer, systemClock } from '@org/binance-client';
import type { LoggingConfig } from '@org/config';
import {
  errorFields,
  isLogged,
  leveledLog,
  LINES_LOST,
  type Log,
  type LogFields,
  type LogLevel,
} from './child-log.ts';
import { ChildLines, type ParsedLine } from './child-lines.ts';
import { type EndingProcess, keepLastWords } from './last-words.ts';
import { lineTransport } from './line-transport.ts';
import { type LogDisk, nodeLogDisk } from './log-disk.ts';
import { LogShelf } from './log-shelf.ts';
import { loggable, loggableText } from './loggable.ts';
import { StormControl, SUPPRESSED } from './storm-control.ts';
import { STORM_LIMITS, type StormLimits } from './storm-gate.ts';
import { terminalLines } from './terminal-lines.ts';

/** Lines since the start, of all processes. */
export interface LogCounters {
  /** In files; lines that tell of suppressed and lost ones are counted as well. */
  readonly written: number;
  /** Counted instead of written, because too many of their kind came at once. */
  readonly suppressed: number;
  /** That found no room on the disk, nor in memory until there was. */
  readonly lost: number;
}

/** What the log writes lines for people to: `process.stderr`. */
export interface LogTerminal {
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/** What it is made of; the real ones by default. */
export interface RecorderLogParts {
  readonly disk?: LogDisk;
  readonly clock?: Clock;
  readonly ending?: EndingProcess;
}

/** A child has cut its storms itself; its windows begin at other times than those here, so two may meet in one. */
const LIMITS: StormLimits = {
  ...STORM_LIMITS,
  perSubjectMax: 2 * STORM_LIMITS.perSubjectMax,
  perSecondMax: 2 * STORM_LIMITS.perSecondMax,
};

/** What waits for a terminal, or a pipe, that nobody reads; lines beyond are in the files only. */
const TERMINAL_BYTES_MAX = 1024 * 1024;
const CHILDREN_PATIENCE_MS = 1000;

/**
 * The log of the whole recorder, owned by the primary: one file a source, and lines for people on stderr.
 *
 * It never throws, waits or stops the recording: where files cannot be written, lines go to the terminal alone. What was
 * logged last is on the disk when the process ends, however it ends but by SIGKILL.
 */
export class RecorderLog {
  #level: LogLevel;
  readonly #clock: Clock;
  readonly #terminal: Logger;
  readonly #shelf: LogShelf;
  readonly #storms = new Map<string, StormControl>();
  readonly #children = new ChildLines(
    (source, line) => this.#fromChild(source, line),
    (source) => this.#forget(source),
  );
  readonly #letGo: () => void;
  /** Of sources that are forgotten, and what children have said of storms that they cut themselves. */
  #suppressedElsewhere = 0;
  /** What children have said of lines that they could not get rid of. */
  #lostByChildren = 0;

  constructor(config: LoggingConfig, terminal: LogTerminal, parts: RecorderLogParts = {}) {
    const { disk = nodeLogDisk, clock = systemClock, ending = process } = parts;
    this.#level = config.level;
    this.#clock = clock;
    this.#terminal = terminalLogger(terminal);
    const failed = (error: unknown): void =>
      put(this.#terminal, 'primary', 'warn', 'LogFileUnavailable', {
        dir: config.dir,
        ...errorFields(error),
      });
    this.#shelf = new LogShelf({ config, disk, clock, failed });
    this.#letGo = keepLastWords(ending, this.of('primary'), () => this.#flushLast());
  }

  /** The log of one source: the primary, or a child whose lines arrive here. */
  of(source: string): Log {
    return leveledLog((level, event, fields) => this.#ask(source, level, event, fields));
  }

  /** Of everything that is logged from now on. */
  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  /** Reads the stderr of a child to its end. */
  readonly childOutput = (source: string, output: NodeJS.ReadableStream): void =>
    this.#children.read(source, output);

  counters(): LogCounters {
    const { written, lost } = this.#shelf.counters();
    let suppressed = this.#suppressedElsewhere;
    for (const storms of this.#storms.values()) suppressed += storms.suppressed;
    return { written, suppressed, lost: lost + this.#lostByChildren };
  }

  /** Resolves when what children said last has been read and everything is on the disk, or after about two seconds. */
  async close(): Promise<void> {
    let timer: ClockTimer | undefined;
    const patience = new Promise<void>(
      (resolve) => (timer = this.#clock.setTimeout(resolve, CHILDREN_PATIENCE_MS)),
    );
    await Promise.race([this.#children.ended(), patience]);
    this.#clock.clearTimeout(timer);
    for (const storms of this.#storms.values()) storms.flush();
    await this.#shelf.close();
    this.#letGo();
  }

  #flushLast(): void {
    for (const storms of this.#storms.values()) storms.flush();
    this.#shelf.flushLast();
  }

  #fromChild(source: string, { level, event, fields }: ParsedLine): void {
    const count = typeof fields['count'] === 'number' ? fields['count'] : 0;
    if (event === SUPPRESSED) this.#suppressedElsewhere += count;
    if (event === LINES_LOST) this.#lostByChildren += count;
    this.#ask(source, level, event, fields);
  }

  /** Every generation of workers has names of its own. */
  #forget(source: string): void {
    const storms = this.#storms.get(source);
    storms?.flush();
    this.#suppressedElsewhere += storms?.suppressed ?? 0;
    this.#storms.delete(source);
  }

  #ask(source: string, level: LogLevel, event: string, fields: LogFields): void {
    if (isLogged(level, this.#level)) this.#stormsOf(source).log(level, event, fields);
  }

  #stormsOf(source: string): StormControl {
    const known = this.#storms.get(source);
    if (known !== undefined) return known;
    const write = (level: LogLevel, event: string, fields: LogFields): void => {
      put(this.#terminal, source, level, event, fields);
      put(this.#shelf.loggerOf(source), source, level, event, fields);
    };
    const storms = new StormControl({ clock: this.#clock, limits: LIMITS, write });
    this.#storms.set(source, storms);
    return storms;
  }
}

function put(logger: Logger, source: string, level: LogLevel, event: string, fields: LogFields): void {
  logger.log({ level, message: loggableText(event), source, fields: loggable(fields) });
}

function terminalLogger(terminal: LogTerminal): Logger {
  // Whoever read it may be gone (`| head`), which is no reason to stop.
  terminal.on('error', () => undefined);
  const show = (line: string): void => {
    if (terminal.writableLength <= TERMINAL_BYTES_MAX) terminal.write(`${line}\n`);
  };
  return createLogger({
    level: 'debug',
    format: terminalLines(terminal.isTTY === true && !process.env['NO_COLOR']),
    transports: [lineTransport(show)],
  });
}
