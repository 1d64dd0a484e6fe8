import { styleText } from 'node:util';
import { printable } from '../logging/loggable.ts';
import type { Finding, FindingLevel } from './finding.ts';

const COLOURS: Readonly<Record<FindingLevel, 'green' | 'yellow' | 'red'>> = {
  ok: 'green',
  warn: 'yellow',
  error: 'red',
};

/** Whether there are colours was decided by where the text goes, which need not be stdout. */
const EVERYWHERE = { validateStream: false } as const;

/** Findings for people: a line each, below it what to do, at the end what it comes to; colours on a terminal only. */
export function textReport(findings: readonly Finding[], isTerminal: boolean): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, level, what, advice }) => {
    const label = level.padEnd(5);
    const head = `${isTerminal ? styleText(COLOURS[level], label, EVERYWHERE) : label}  ${check.padEnd(width)}  ${printable(what)}`;
    return advice === '' ? [head] : [head, `${' '.repeat(width + 9)}→ ${printable(advice)}`];
  });
  return [...lines, '', verdict(findings), ''].join('\n');
}

/** A list of findings, in JSON. */
export function jsonReport(findings: readonly Finding[]): string {
  return `${JSON.stringify(findings, undefined, 2)}\n`;
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: FindingLevel, word: string): string => {
    const { length } = findings.filter((finding) => finding.level === level);
    return length === 0 ? '' : `${length} ${word}${length === 1 ? '' : 's'}`;
  };
  const [errors, warnings] = [count('error', 'error'), count('warn', 'warning')];
  if (errors !== '') return `not ready: ${warnings === '' ? errors : `${errors}, ${warnings}`}`;
  return warnings === '' ? 'ready' : `ready, with ${warnings}`;
}
