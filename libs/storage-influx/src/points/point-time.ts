import type { LineBuffer } from './line-buffer.ts';
import { PointProblem } from './point-problem.ts';

const BLANK = 0x20;
const LF = 0x0a;
const NS_PER_MS = 1_000_000;
const NS_DIGITS = 6;
/** 2200-01-01, from where on the sink keeps its own things; a store ends in 2262. */
export const TIME_MAX_MS = 7_258_118_400_000;

/** Ends a line with its time in ns, which no double could hold. */
export function writeTime(lines: LineBuffer, timeMs: number, offsetNs: number): void {
  const ms = timeMs + Math.floor(offsetNs / NS_PER_MS);
  if (!(ms > 0 && ms < TIME_MAX_MS && offsetNs >= 0))
    throw new PointProblem(`expected a time in ms, was ${timeMs} and ${offsetNs} ns`);
  lines.byte(BLANK);
  lines.integer(ms);
  lines.integer(offsetNs % NS_PER_MS, NS_DIGITS);
  lines.byte(LF);
}
