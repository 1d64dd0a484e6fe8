import { Buffer } from 'node:buffer';
import { PointProblem } from './point-problem.ts';
import type { StreamPoints } from './stream-points.ts';

/** Elements of a row of `GET /fapi/v1/klines` by the keys that a frame has for them (developers.binance.com, seen 2026-11). */
const BAR_KEYS = ['t', 'o', 'h', 'l', 'c', 'v', 'T', 'q', 'n', 'V', 'Q', 'B'];
const CLOSE_TIME_AT = 6;
const US_PER_MS = 1000;

/**
 * The rows of a REST answer that repairs a gap, each as the frame that would have brought it, so that both become points in
 * one way and under the same checks. They have no event time. Throws {@link PointProblem} or a `SyntaxError`.
 */
export function restFrames(json: string, stream: StreamPoints, receivedAtUs: number): readonly Buffer[] {
  const answer: unknown = JSON.parse(json);
  if (!Array.isArray(answer)) throw new PointProblem('expected an array of REST rows');
  return answer.map((row: unknown) => Buffer.from(JSON.stringify(frameOf(row, stream, receivedAtUs))));
}

function frameOf(row: unknown, { symbol, stream, kind }: StreamPoints, receivedAtUs: number): object {
  if (typeof row !== 'object' || row === null)
    throw new PointProblem('expected an object or an array for a REST row');
  if (kind === 'aggtrade') return { ...row, e: 'aggTrade', s: symbol };
  if (kind !== 'kline') throw new PointProblem(`expected no REST rows for ${stream}`);
  const values = row as readonly unknown[];
  const bar = Object.fromEntries(BAR_KEYS.map((key, index) => [key, values[index]]));
  // The last row of an answer is the bar that is still open.
  const isClosed = Number(values[CLOSE_TIME_AT]) * US_PER_MS < receivedAtUs;
  return { e: 'kline', s: symbol, k: { ...bar, s: symbol, i: stream.slice('kline_'.length), x: isClosed } };
}
