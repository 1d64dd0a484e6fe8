import { stderr } from 'node:process';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** What every part of the program logs through: an event, and the facts of it. */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}

export function leveledLog(write: (level: LogLevel, event: string, fields: LogFields) => void): Log {
  return {
    error: (event, fields = {}) => write('error', event, fields),
    warn: (event, fields = {}) => write('warn', event, fields),
    info: (event, fields = {}) => write('info', event, fields),
    debug: (event, fields = {}) => write('debug', event, fields),
  };
}

/**
 * The log of a child: one JSON object a line on stderr, which the primary reads. The primary alone owns log files, so
 * rotation has one owner and a full log disk cannot stop a child.
 */
export function childLog(level: LogLevel): Log {
  // A primary that was killed takes the reader of this pipe with it; that must not end the child.
  stderr.on('error', () => undefined);
  return leveledLog((lineLevel, event, fields) => {
    if (LOG_LEVELS.indexOf(lineLevel) > LOG_LEVELS.indexOf(laterLevel ?? level)) return;
    stderr.write(`${JSON.stringify({ level: lineLevel, event, ...fields })}\n`);
  });
}

let laterLevel: LogLevel | undefined;

/** Changes the level of every log of this child. */
export function setChildLogLevel(level: LogLevel): void {
  laterLevel = level;
}

/** The facts of an error that are worth a log line. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { problem: String(error) };
  const code = (error as { code?: unknown }).code;
  return { problem: error.message, ...(code === undefined ? {} : { code }) };
}
