import { styleText } from 'node:util';
import { format } from 'winston';
import type { LogLevel } from './child-log.ts';
import { printable } from './loggable.ts';

type Colour = 'red' | 'yellow' | 'green' | 'gray';

const COLOURS: Readonly<Record<LogLevel, Colour>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'gray',
};

/** Whether there are colours was decided by where the text goes, which need not be stdout. */
const EVERYWHERE = { validateStream: false } as const;

/** Lines for people: time, level, source, event, facts; in colours on a terminal only. */
export function terminalLines(isTerminal: boolean): ReturnType<typeof format.printf> {
  const paint = (colour: Colour, text: string): string =>
    isTerminal ? styleText(colour, text, EVERYWHERE) : text;
  return format.printf(({ level, message, source, fields }) => {
    const time = new Date().toISOString().slice(11, 23);
    const label = paint(COLOURS[level as LogLevel], level.padEnd(5));
    const text = printable(`${String(source).padEnd(10)} ${String(message)} ${facts(fields as object)}`);
    return `${paint('gray', time)} ${label} ${text.trimEnd()}`;
  });
}

function facts(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
