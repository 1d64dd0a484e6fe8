import { styleText } from 'node:util';
import type { StatusTextOptions, Tone } from './status-text.ts';

const COLOURS: Readonly<Record<Tone, 'green' | 'red' | 'yellow' | 'gray'>> = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  quiet: 'gray',
};

/** Colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org). */
export function painter(
  isTerminal: boolean | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): StatusTextOptions['paint'] {
  const isPlain = isTerminal !== true || (environment['NO_COLOR'] ?? '') !== '';
  return isPlain
    ? (_tone, text) => text
    : (tone, text) => styleText(COLOURS[tone], text, { validateStream: false });
}
