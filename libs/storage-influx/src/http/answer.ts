import { InfluxError } from '../errors.ts';
import type { HttpAnswer } from './http-post.ts';

/** What became of lines that were written together. */
export type WriteOutcome =
  | { readonly isStored: true }
  /** At least one line was refused. `dropped` is how many, where the server counts them. */
  | { readonly isStored: false; readonly problem: string; readonly dropped: number };

const STORED: WriteOutcome = { isStored: true };
const TOO_LARGE = 413;
/** 1.x answers 400 where 2.x answers 422. */
const PARTIAL_STATUSES: readonly number[] = [400, 422];
/** The only way in which a server tells refused points from a refused request. 1.6 and 2.x, seen 2026-11. */
const PARTIAL = /partial write|unable to parse|field type conflict/;
const DROPPED = /dropped=(\d+)/;
const BUSY: readonly number[] = [408, 425, 429];
const RETRY_AFTER_MAX_MS = 5 * 60_000;
const EXCERPT_CHARACTERS = 200;

/** Throws an {@link InfluxError} for an answer that says nothing about single lines. */
export function writeOutcome(answer: HttpAnswer, nowMs: number): WriteOutcome {
  const { status } = answer;
  if (isSuccess(status)) return STORED;
  const problem = problemOf(answer);
  if (status === TOO_LARGE) return { isStored: false, problem, dropped: 0 };
  if (PARTIAL_STATUSES.includes(status) && PARTIAL.test(answer.body)) {
    return { isStored: false, problem, dropped: Number(DROPPED.exec(answer.body)?.[1] ?? 0) };
  }
  throw refusal(answer, nowMs);
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The error of an answer that is no success. */
export function refusal(answer: HttpAnswer, nowMs: number): InfluxError {
  const { status } = answer;
  const problem = `status ${status}: ${problemOf(answer)}`;
  if (status >= 500 || BUSY.includes(status)) {
    const retryAfterMs = readRetryAfter(answer.retryAfter, nowMs);
    return new InfluxError('SERVER_BUSY', problem, { status, retryAfterMs });
  }
  if (status === 401 || status === 403) return new InfluxError('ACCESS_DENIED', problem, { status });
  if (status === 404) return new InfluxError('STORE_MISSING', problem, { status });
  return new InfluxError('REQUEST_REFUSED', problem, { status });
}

/** Seconds or a date (RFC 9110, 10.2.3), bounded: nobody is left alone for longer because of a header. */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms));
}

/** The server's words: `error` in 1.x, `message` in 2.x. */
function problemOf({ body }: HttpAnswer): string {
  let text = body;
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    const words = error ?? message;
    if (typeof words === 'string') text = words;
  } catch {
    // Not JSON: a proxy may answer as well.
  }
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim().slice(0, EXCERPT_CHARACTERS); // prettier-ignore
}
