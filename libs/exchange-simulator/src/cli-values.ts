import { parseSymbol } from '@org/market-data';
import { InvalidArgumentError } from 'commander';
import type { Burst } from './load/load-profile.ts';

/*
 * What the flags take. Each function reads the text behind a flag and throws the error that commander prints.
 */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function number(check: (value: number) => boolean, expected: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !check(value)) throw new InvalidArgumentError(`expected ${expected}.`);
    return value;
  };
}

export const positive = number((value) => value > 0 && Number.isFinite(value), 'a number above 0');
export const wholePositive = number(
  (value) => Number.isSafeInteger(value) && value > 0,
  'a whole number above 0',
);
export const port = number(
  (value) => Number.isInteger(value) && value >= 0 && value <= 65_535,
  'a port from 0 to 65535',
);

/** `500ms`, `5s`, … in milliseconds. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a duration such as 500ms, 5s, 2m.');
  return Number(match[1]) * UNIT_MS[match[2]!]!;
}

export function timeMs(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('expected a time such as 2026-11-22T10:00:00Z.');
  return value;
}

export function symbolList(text: string): readonly string[] {
  try {
    return text.split(',').map((symbol) => parseSymbol(symbol.trim()));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** `5s:20000@10s,5s:20000@30s`: how long, at what rate, and when after the load began. */
export function bursts(text: string): readonly Burst[] {
  return text.split(',').map((one) => {
    const match = /^([^:@]+):([^:@]+)@([^:@]+)$/.exec(one.trim());
    if (match === null)
      throw new InvalidArgumentError(
        'expected duration:rate@start such as 5s:20000@10s, with commas between.',
      );
    const [, duration, rate, start] = match as unknown as [string, string, string, string];
    return {
      startMs: durationMs(start),
      durationMs: durationMs(duration),
      messagesPerSecond: positive(rate),
    };
  });
}
