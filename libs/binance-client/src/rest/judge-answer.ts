import type { Buffer } from 'node:buffer';
import { BinanceClientError } from '../errors.ts';
import type { BinanceClientErrorFacts } from '../errors.ts';

/** An HTTP answer as far as it decides whether its body may be read. Header names are in lower case. */
export interface HttpAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** `IP banned until <epoch ms>` and, with the address masked, `IP(***.***.***.***) banned until <epoch ms>`. */
const BANNED_UNTIL = /banned until (\d{13})/;
/** Exchange codes: too many requests; server is overloaded. */
const TOO_MANY_REQUESTS = -1003;
const SERVER_BUSY = -1008;
const ERROR_BODY_BYTES_MAX = 64 * 1024;
const MESSAGE_CHARS_MAX = 300;

/**
 * The error that an answer is, or undefined for one whose body is what was asked for as far as status and content type
 * tell. Nothing is parsed before these were looked at: firewalls answer with HTML, and with nothing at all.
 */
export function judgeAnswer(answer: HttpAnswer, epochMs: number): BinanceClientError | undefined {
  const { status, body } = answer;
  switch (status) {
    case 429:
      return rateLimited(answer, epochMs);
    case 418:
      return failed('BANNED', answer, { ...retryAfter(answer, epochMs) });
    case 403:
      return failed('BLOCKED', answer);
    case 451:
      return failed('LOCATION_REFUSED', answer);
    case 503:
      return failed('OVERLOADED', answer, retryAfter(answer, epochMs));
    case 202:
      return failed(body.length === 0 ? 'BLOCKED' : 'ANSWER_MALFORMED', answer);
    case 200:
      return isJson(answer)
        ? undefined
        : malformed(answer, `JSON, was ${contentType(answer) || 'no content type'}`);
    default:
      return refused(answer, epochMs);
  }
}

/** A body that is not what was asked for; names the exchange's error where it hides one under HTTP 200. */
export function malformed(answer: HttpAnswer, expected: string, cause?: unknown): BinanceClientError {
  const message = `answer of ${answer.url}: expected ${expected.slice(0, MESSAGE_CHARS_MAX)}`;
  const { status, url } = answer;
  return new BinanceClientError('ANSWER_MALFORMED', message, {
    status,
    url,
    ...exchangeError(answer),
    cause,
  });
}

function rateLimited(answer: HttpAnswer, epochMs: number): BinanceClientError {
  return failed('RATE_LIMITED', answer, retryAfter(answer, epochMs));
}

function refused(answer: HttpAnswer, epochMs: number): BinanceClientError {
  const { exchangeCode } = exchangeError(answer);
  if (exchangeCode === TOO_MANY_REQUESTS) return rateLimited(answer, epochMs);
  return failed(exchangeCode === SERVER_BUSY ? 'OVERLOADED' : 'REQUEST_FAILED', answer);
}

function failed(
  code: BinanceClientError['code'],
  answer: HttpAnswer,
  facts: BinanceClientErrorFacts = {},
): BinanceClientError {
  const { status, url } = answer;
  const exchange = exchangeError(answer);
  const { exchangeCode, exchangeMessage } = exchange;
  const said = exchangeMessage === undefined ? '' : `: ${exchangeCode ?? ''} ${exchangeMessage}`;
  return new BinanceClientError(code, `answer of ${url}: HTTP ${status}${said}`, {
    status,
    url,
    ...exchange,
    ...facts,
  });
}

/** Ban text first, it is exact; then `Retry-After`, which is documented for spot only. */
function retryAfter(answer: HttpAnswer, epochMs: number): { retryAfterMs?: number } {
  const until = BANNED_UNTIL.exec(exchangeError(answer).exchangeMessage ?? '')?.[1];
  if (until !== undefined) return { retryAfterMs: Math.max(0, Number(until) - epochMs) };
  const header = answer.headers['retry-after'];
  const seconds = Number(header);
  return header !== undefined && header !== '' && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
}

function contentType({ headers }: HttpAnswer): string {
  return (headers['content-type'] ?? '').toLowerCase();
}

function isJson(answer: HttpAnswer): boolean {
  return contentType(answer).includes('json') && answer.body.length > 0;
}

/** `{"code":-1121,"msg":"…"}`, or under HTTP 200 `{"status":"ERROR","code":"99099990","errorData":"…"}`. */
function exchangeError({ body }: HttpAnswer): { exchangeCode?: number; exchangeMessage?: string } {
  if (body.length > ERROR_BODY_BYTES_MAX || body[0] !== '{'.charCodeAt(0)) return {};
  try {
    const { code, msg, errorData } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const exchangeCode = Number(code);
    const exchangeMessage = typeof msg === 'string' ? msg : errorData;
    return {
      ...(code !== undefined && Number.isSafeInteger(exchangeCode) && { exchangeCode }),
      ...(typeof exchangeMessage === 'string' && {
        exchangeMessage: exchangeMessage.slice(0, MESSAGE_CHARS_MAX),
      }),
    };
  } catch {
    return {};
  }
}
