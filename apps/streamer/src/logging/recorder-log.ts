import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { createLogger, format, type Logger, transports } from 'winston';
import type { StreamerConfig } from '@org/config';
import { leveledLog, type Log, type LogFields, LOG_LEVELS, type LogLevel } from './child-log.ts';

const COLOURS: Readonly<Record<LogLevel, 'red' | 'yellow' | 'green' | 'gray'>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'gray',
};

/** The log of the whole recorder, owned by the primary: one file a source, and lines for people on stderr. */
export interface RecorderLog {
  /** The log of one source: the primary, or a child whose lines arrive here. */
  of(source: string): Log;
  /** Takes a line that a child wrote to its stderr. */
  readonly childLine: (source: string, line: string) => void;
  /** Of everything that is logged from now on. */
  setLevel(level: LogLevel): void;
  close(): Promise<void>;
}

export function openRecorderLog(
  config: StreamerConfig['logging'],
  terminal: NodeJS.WritableStream & { readonly isTTY?: boolean },
): RecorderLog {
  const consoleLogger = createLogger({
    level: config.level,
    format: lineFormat(terminal.isTTY === true),
    transports: [new transports.Stream({ stream: terminal })],
  });
  const files = new Map<string, Logger>();
  const fileLogger = (source: string): Logger => {
    const known = files.get(source) ?? openFile(config, source, consoleLogger);
    files.set(source, known);
    return known;
  };
  const write = (source: string, level: LogLevel, event: string, fields: LogFields): void => {
    consoleLogger.log({ ...fields, level, message: event, source });
    fileLogger(source).log({ ...fields, level, message: event, source });
  };
  const of = (source: string): Log =>
    leveledLog((level, event, fields) => write(source, level, event, fields));
  return {
    of,
    childLine: (source, line) => {
      const { level, event, fields } = parseChildLine(line);
      write(source, level, event, fields);
    },
    setLevel: (level) => {
      config = { ...config, level };
      for (const logger of [...files.values(), consoleLogger]) logger.level = level;
    },
    close: async () => {
      await Promise.all([...files.values(), consoleLogger].map(closeLogger));
    },
  };
}

/** What is not one of our lines (a stack trace of a crash) is an error line as it stands. */
export function parseChildLine(line: string): { level: LogLevel; event: string; fields: LogFields } {
  try {
    const { level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
    if (typeof event === 'string' && LOG_LEVELS.includes(level as LogLevel)) {
      return { level: level as LogLevel, event, fields };
    }
  } catch {
    // Not JSON: falls through to the line as text.
  }
  return { level: 'error', event: line, fields: {} };
}

function openFile(config: StreamerConfig['logging'], source: string, fallback: Logger): Logger {
  const logger = createLogger({
    level: config.level,
    format: format.combine(format.timestamp(), format.json()),
  });
  try {
    mkdirSync(config.dir, { recursive: true });
    const file = new transports.File({
      filename: join(config.dir, `${source}.log`),
      maxsize: config.maxSizeBytes,
      maxFiles: config.maxFiles,
      tailable: true,
    });
    // A full log disk costs the log, never the recording.
    file.on('error', () => undefined);
    logger.add(file);
  } catch (error) {
    fallback.log({
      level: 'warn',
      message: 'LogFileUnavailable',
      source: 'primary',
      dir: config.dir,
      problem: String(error),
    });
    logger.add(new transports.Console({ silent: true }));
  }
  logger.on('error', () => undefined);
  return logger;
}

function lineFormat(isTerminal: boolean): ReturnType<typeof format.printf> {
  const paint = (colour: 'red' | 'yellow' | 'green' | 'gray', text: string): string =>
    isTerminal ? styleText(colour, text) : text;
  return format.printf(({ level, message, source, ...fields }) => {
    const time = new Date().toISOString().slice(11, 23);
    const facts = Object.entries(fields)
      .filter(([name, value]) => typeof name === 'string' && value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    const label = paint(COLOURS[level as LogLevel], level.padEnd(5));
    return `${paint('gray', time)} ${label} ${String(source).padEnd(10)} ${String(message)} ${facts}`.trimEnd();
  });
}

/** A file whose disk was full never says that it has ended. */
const CLOSE_TIMEOUT_MS = 1000;

function closeLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    logger.once('finish', () => {
      clearTimeout(timer);
      resolve();
    });
    logger.end();
  });
}
