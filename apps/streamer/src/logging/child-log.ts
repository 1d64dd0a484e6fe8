import { stderr } from 'node:process';
import { childClock } from '../control/child-clock.ts';
import { jsonLine, loggable } from './loggable.ts';
import { StormControl } from './storm-control.ts';

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

/** Whether a line of this level is logged where `least` is the least important one. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least);
}

/** What a child keeps for a primary that does not read. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** Told when lines were dropped because the primary did not read; the primary adds them to the lost ones. */
export const LINES_LOST = 'LogLinesLost';

/** The part of `process.stderr` that a child's log is written to. */
export interface ChildOutput {
  readonly writableLength: number;
  write(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/**
 * The log of a child: one JSON object a line on stderr, which the primary reads. The primary alone owns log files, so
 * rotation has one owner and a full log disk cannot stop a child. Storms are cut here, before they cost the pipe and the
 * primary anything.
 */
export function childLog(level: LogLevel, output: ChildOutput = stderr, clock = childClock): Log {
  // A primary that was killed takes the reader of this pipe with it; that must not end the child.
  output.on('error', () => undefined);
  let lost = 0;
  const write = (lineLevel: LogLevel, event: string, fields: LogFields): void => {
    if (output.writableLength > UNREAD_BYTES_MAX) {
      lost++;
      return;
    }
    if (lost > 0)
      output.write(childLine('warn', LINES_LOST, { count: lost, reason: 'primary does not read' }));
    lost = 0;
    output.write(childLine(lineLevel, event, fields));
  };
  const storms = new StormControl({ clock, write });
  return leveledLog((lineLevel, event, fields) => {
    if (isLogged(lineLevel, laterLevel ?? level)) storms.log(lineLevel, event, fields);
  });
}

let laterLevel: LogLevel | undefined;

/** Changes the level of every log of this child. */
export function setChildLogLevel(level: LogLevel): void {
  laterLevel = level;
}

function childLine(level: LogLevel, event: string, fields: LogFields): string {
  return `${jsonLine({ level, event, fields: loggable(fields) })}\n`;
}

/** The facts of an error that are worth a log line. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { problem: String(error) };
  const code = (error as { code?: unknown }).code;
  return { problem: error.message, ...(code === undefined ? {} : { code }) };
}
