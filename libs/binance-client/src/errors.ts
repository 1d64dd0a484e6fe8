/** What went wrong, for programs. Texts may change, codes do not. */
export type BinanceClientErrorCode =
  /** HTTP 429: too much request weight. All requests of the budget wait. */
  | 'RATE_LIMITED'
  /** HTTP 418: the address is banned for 2 minutes to 3 days. All requests of the budget wait. */
  | 'BANNED'
  /** The exchange's firewall answered instead of the exchange: HTTP 403 (often HTML) or an empty 202. */
  | 'BLOCKED'
  /** HTTP 451: the exchange does not serve this location. */
  | 'LOCATION_REFUSED'
  /** The exchange answered and refused (`status`, `exchangeCode`, `exchangeMessage`). */
  | 'REQUEST_FAILED'
  /** No complete answer within `timeoutMs`. */
  | 'REQUEST_TIMED_OUT'
  /** The caller's signal, or `close()`, ended the request. */
  | 'REQUEST_ABORTED'
  /** The request cannot be asked like this, for example a depth limit beyond the largest. */
  | 'REQUEST_INVALID'
  /** No answer at all: refused connection, reset, unknown host. */
  | 'CONNECT_FAILED'
  /** An answer that is not what was asked for: no JSON, wrong shape, too large, an error under HTTP 200. */
  | 'ANSWER_MALFORMED'
  /** The exchange does not have rows that were asked for: not any longer, or not yet. */
  | 'ROWS_UNAVAILABLE'
  /** HTTP 503 or exchange code -1008. */
  | 'OVERLOADED'
  /** More requests wait for weight than the budget's limit. */
  | 'BUDGET_FULL'
  /** The files of a budget that processes share cannot be read or written. Nothing is asked uncounted. */
  | 'BUDGET_UNAVAILABLE'
  /** `http:` or `ws:` to a host that is not this machine, or text that is no address. */
  | 'ENDPOINT_REFUSED';

/** Facts that come with an error; each is there when it is known. */
export interface BinanceClientErrorFacts {
  /** HTTP status. */
  readonly status?: number;
  /** `code` and `msg` of the exchange's own error body. */
  readonly exchangeCode?: number;
  readonly exchangeMessage?: string;
  /** How long the exchange told to wait, counted from the answer. */
  readonly retryAfterMs?: number;
  readonly timeoutMs?: number;
  /** Address without its query. */
  readonly url?: string;
  readonly cause?: unknown;
}

export class BinanceClientError extends Error {
  readonly code: BinanceClientErrorCode;
  readonly status: number | undefined;
  readonly exchangeCode: number | undefined;
  readonly exchangeMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly url: string | undefined;

  constructor(code: BinanceClientErrorCode, message: string, facts: BinanceClientErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'BinanceClientError';
    this.code = code;
    this.status = facts.status;
    this.exchangeCode = facts.exchangeCode;
    this.exchangeMessage = facts.exchangeMessage;
    this.retryAfterMs = facts.retryAfterMs;
    this.timeoutMs = facts.timeoutMs;
    this.url = facts.url;
  }
}

export function isBinanceClientError(value: unknown): value is BinanceClientError {
  return value instanceof BinanceClientError;
}

/**
 * What follows from an error.
 *
 * - `retry`: the client asks again by itself, a limited number of times, after a random back-off;
 * - `hold`: every request of the budget waits as long as told, then the client asks again;
 * - `later`: the client does not ask again; the caller may, after its own back-off (a ban holds the budget meanwhile);
 * - `never`: the same request will fail again.
 */
export type Reaction = 'retry' | 'hold' | 'later' | 'never';

/** Exchange codes for troubles that pass: unknown error, disconnected, unexpected response, timeout. */
const PASSING_EXCHANGE_CODES: ReadonlySet<number> = new Set([-1000, -1001, -1006, -1007]);

/** The one table of reactions. Exchange codes: developers.binance.com, USD-M futures, error codes, seen 2026-11. */
export function reactionTo(error: BinanceClientError): Reaction {
  switch (error.code) {
    case 'RATE_LIMITED':
      return 'hold';
    case 'BANNED':
    case 'BLOCKED':
    case 'BUDGET_FULL':
    case 'BUDGET_UNAVAILABLE':
    case 'ROWS_UNAVAILABLE':
      return 'later';
    case 'REQUEST_TIMED_OUT':
    case 'CONNECT_FAILED':
    case 'ANSWER_MALFORMED':
    case 'OVERLOADED':
      return 'retry';
    case 'REQUEST_FAILED':
      return isPassing(error) ? 'retry' : 'never';
    case 'LOCATION_REFUSED':
    case 'REQUEST_ABORTED':
    case 'REQUEST_INVALID':
    case 'ENDPOINT_REFUSED':
      return 'never';
    default:
      return unknownCode(error.code);
  }
}

function isPassing(error: BinanceClientError): boolean {
  const status = error.status ?? 0;
  return status === 408 || status >= 500 || PASSING_EXCHANGE_CODES.has(error.exchangeCode ?? 0);
}

/** Does not compile when a code has no reaction. */
function unknownCode(code: never): never {
  throw new TypeError(`error code ${String(code)} has no reaction`);
}
