import type { Buffer } from 'node:buffer';

/** Thrown for a row that is not one of a depth file; its message says what was expected. */
export class DepthRowError extends Error {}

/** What stands at `bytes[start, end)`, for the message of an error: quoted and cut short. */
export function excerpt(
  bytes: Buffer,
  start: number,
  end: number,
  encoding: 'latin1' | 'utf8' = 'latin1',
): string {
  return JSON.stringify(bytes.toString(encoding, start, Math.min(end, start + 40)));
}
