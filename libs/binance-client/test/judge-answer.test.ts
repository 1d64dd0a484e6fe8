import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BinanceClientError, judgeAnswer, reactionTo } from '@org/binance-client';
import type { BinanceClientErrorCode, HttpAnswer, Reaction } from '@org/binance-client';

const JSON_TYPE = { 'content-type': 'application/json' };
const NOW_MS = 1_529_256_000_000;

function judge(
  status: number,
  body: string,
  headers: HttpAnswer['headers'] = JSON_TYPE,
): BinanceClientError | undefined {
  return judgeAnswer(
    { url: 'https://fapi.binance.com/fapi/v1/depth', status, headers, body: Buffer.from(body) },
    NOW_MS,
  );
}

const error = (code: number, msg: string) => JSON.stringify({ code, msg });

describe('an answer', () => {
  it.each<[BinanceClientErrorCode, number, string, HttpAnswer['headers']]>([
    ['RATE_LIMITED', 429, error(-1003, 'Too many requests'), JSON_TYPE],
    ['RATE_LIMITED', 400, error(-1003, 'Too many requests'), JSON_TYPE],
    ['BANNED', 418, error(-1003, 'IP banned'), JSON_TYPE],
    ['BANNED', 418, '<html>', { 'content-type': 'text/html' }],
    [
      'BLOCKED',
      403,
      '<TITLE>ERROR: The request could not be satisfied</TITLE>',
      { 'content-type': 'text/html' },
    ],
    ['BLOCKED', 202, '', {}],
    ['LOCATION_REFUSED', 451, '{"code":0,"msg":"restricted location"}', JSON_TYPE],
    ['REQUEST_FAILED', 400, error(-1121, 'Invalid symbol.'), JSON_TYPE],
    ['REQUEST_FAILED', 500, '', {}],
    ['REQUEST_FAILED', 302, '', {}],
    ['REQUEST_FAILED', 408, error(-1007, 'Timeout'), JSON_TYPE],
    ['OVERLOADED', 503, 'Service Unavailable', { 'content-type': 'text/plain' }],
    ['OVERLOADED', 400, error(-1008, 'Server is currently overloaded'), JSON_TYPE],
    ['ANSWER_MALFORMED', 200, '<html>', { 'content-type': 'text/html' }],
    ['ANSWER_MALFORMED', 200, '', JSON_TYPE],
    ['ANSWER_MALFORMED', 200, '{}', {}],
    ['ANSWER_MALFORMED', 202, '{}', JSON_TYPE],
  ])('is %s for HTTP %i with %j', (code, status, body, headers) => {
    expect(judge(status, body, headers)).toMatchObject({ code, status });
  });

  it('is none of these when it is JSON with status 200', () => {
    expect(
      judge(200, '{"lastUpdateId":1}', { 'content-type': 'application/json;charset=UTF-8' }),
    ).toBeUndefined();
  });

  it('carries code and message of the exchange', () => {
    expect(judge(400, error(-1121, 'Invalid symbol.'))).toMatchObject({
      exchangeCode: -1121,
      exchangeMessage: 'Invalid symbol.',
      message: 'answer of https://fapi.binance.com/fapi/v1/depth: HTTP 400: -1121 Invalid symbol.',
    });
  });

  it.each([
    ['Way too many requests; IP banned until 1529256050872. Please use the websocket.', {}, 50_872],
    ['Way too many requests; IP(***.***.***.***) banned until 1529256050872.', {}, 50_872],
    ['Way too many requests; IP banned until 1529256050872.', { 'retry-after': '5' }, 50_872],
    ['Way too many requests.', { 'retry-after': '120' }, 120_000],
    ['Way too many requests.', { 'retry-after': 'Wed, 21 Oct' }, undefined],
    ['IP banned until 1529255000000.', {}, 0],
    ['Way too many requests.', {}, undefined],
  ])('says how long a ban lasts: %j %j', (text, headers, retryAfterMs) => {
    expect(judge(418, error(-1003, text), { ...JSON_TYPE, ...headers })?.retryAfterMs).toBe(retryAfterMs);
  });
});

describe('the reaction', () => {
  const facts = (code: BinanceClientErrorCode, more: object = {}) =>
    reactionTo(new BinanceClientError(code, '', more));

  it.each<[BinanceClientErrorCode, Reaction]>([
    ['RATE_LIMITED', 'hold'],
    ['BANNED', 'later'],
    ['BLOCKED', 'later'],
    ['BUDGET_FULL', 'later'],
    ['BUDGET_UNAVAILABLE', 'later'],
    ['ROWS_UNAVAILABLE', 'later'],
    ['REQUEST_TIMED_OUT', 'retry'],
    ['CONNECT_FAILED', 'retry'],
    ['ANSWER_MALFORMED', 'retry'],
    ['OVERLOADED', 'retry'],
    ['LOCATION_REFUSED', 'never'],
    ['REQUEST_ABORTED', 'never'],
    ['REQUEST_INVALID', 'never'],
    ['ENDPOINT_REFUSED', 'never'],
    ['REQUEST_FAILED', 'never'],
  ])('to %s is %s', (code, reaction) => expect(facts(code)).toBe(reaction));

  it('to a refusal that passes is to ask again', () => {
    expect(facts('REQUEST_FAILED', { status: 500 })).toBe('retry');
    expect(facts('REQUEST_FAILED', { status: 408 })).toBe('retry');
    expect(facts('REQUEST_FAILED', { status: 400, exchangeCode: -1001 })).toBe('retry');
    expect(facts('REQUEST_FAILED', { status: 400, exchangeCode: -1121 })).toBe('never');
  });
});

const errorsFile = resolve('../shared/data/rest/errors.json');
const maybe = existsSync(errorsFile) ? it : it.skip;

describe('errors that were recorded (skipped without ../shared/data)', () => {
  maybe('are told apart, and every ban names its end', () => {
    const cases = JSON.parse(readFileSync(errorsFile, 'utf8')) as { http: number; body: unknown }[];
    for (const { http, body } of cases) {
      const isHtml = typeof body === 'string';
      const text = isHtml ? body : JSON.stringify(body);
      const judged = judge(http, text, { 'content-type': isHtml ? 'text/html' : 'application/json' });
      const expected = { 429: 'RATE_LIMITED', 418: 'BANNED', 403: 'BLOCKED' }[http] ?? 'REQUEST_FAILED';
      expect(judged?.code).toBe(expected);
      if (http === 418) expect(judged?.retryAfterMs).toBeGreaterThan(0);
      if (!isHtml) expect(judged?.exchangeCode).toBe((body as { code: number }).code);
    }
  });
});
