export type InfluxErrorCode =
  /** No connection, or it broke before the answer. Passes. */
  | 'SERVER_UNREACHABLE'
  /** No answer in time; what was sent may be stored all the same. Passes. */
  | 'REQUEST_TIMED_OUT'
  /** The server cannot now: 408, 429 or any 5xx, with `retryAfterMs` where it said so. Passes. */
  | 'SERVER_BUSY'
  /** 401 or 403. */
  | 'ACCESS_DENIED'
  /** The database or bucket does not exist, and could not be made. */
  | 'STORE_MISSING'
  /** Another sink of the same recorder's name has committed to this database since. */
  | 'STORE_TAKEN'
  /** The server refuses the request as a whole, not single points of it. */
  | 'REQUEST_REFUSED'
  /** What was written is not found by a query: reading is not permitted, or a bucket is not mapped. */
  | 'CURSOR_UNREADABLE'
  /** What answers is no InfluxDB, or none of a version that is known. */
  | 'ANSWER_UNREADABLE';

export interface InfluxErrorDetails {
  readonly cause?: unknown;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
}

const PASSING: readonly InfluxErrorCode[] = ['SERVER_UNREACHABLE', 'REQUEST_TIMED_OUT', 'SERVER_BUSY'];

/** What went wrong between the sink and its server. Decide on `code` or `isPassing`, never on the message. */
export class InfluxError extends Error {
  readonly code: InfluxErrorCode;
  /** Whether it passes by itself, so that the same call may be repeated. */
  readonly isPassing: boolean;
  /** HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(code: InfluxErrorCode, problem: string, details: InfluxErrorDetails = {}) {
    super(`influx: ${problem}`, { cause: details.cause });
    this.name = 'InfluxError';
    this.code = code;
    this.isPassing = PASSING.includes(code);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether an error passes by itself, so that the call that failed may be repeated as it was. */
export function isPassing(error: unknown): boolean {
  return error instanceof InfluxError && error.isPassing;
}
