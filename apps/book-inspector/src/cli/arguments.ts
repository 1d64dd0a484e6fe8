import { parseSymbol, SymbolError } from '@org/market-data';
import { InvalidArgumentError } from 'commander';
import { isDate } from '../moment.ts';
import type { WantedSymbols } from '../recordings.ts';

/** Levels of each side that can be asked for; a ladder beyond that is no ladder. */
export const DEPTH_MAX = 5000;

export type ReplayFormat = 'text' | 'json';

/** More threads than any machine that this is run on has cores. */
export const JOBS_MAX = 256;

/** Symbols separated by commas, each once, in the order given; `*` for all. */
export function symbolsArgument(text: string): WantedSymbols {
  return text === '*' ? 'all' : [...new Set(text.split(',').map(symbolOf))];
}

/** A symbol in any case, in the exchange's form. Nothing that could leave the data folder is one. */
function symbolOf(text: string): string {
  try {
    return parseSymbol(text);
  } catch (error) {
    if (error instanceof SymbolError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

export function dateArgument(text: string): string {
  if (isDate(text)) return text;
  throw new InvalidArgumentError('expected a day of the calendar as YYYY-MM-DD');
}

export function depthArgument(text: string): number {
  const depth = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (depth >= 1 && depth <= DEPTH_MAX) return depth;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${DEPTH_MAX}`);
}

export function jobsArgument(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1 && jobs <= JOBS_MAX) return jobs;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${JOBS_MAX}, or auto`);
}

export function pathArgument(text: string): string {
  if (text !== '' && !text.includes('\0')) return text;
  throw new InvalidArgumentError('expected a path');
}
