import type { ServerResponse } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BinanceRest } from '@org/binance-client';
import type { BinanceRestOptions } from '@org/binance-client';
import { eventually } from './eventually.ts';
import { FakeExchange } from './fake-exchange.ts';

const BOOK =
  '{"lastUpdateId":11194332212850,"E":1785676357667,"T":1785676357664,"bids":[["1.10","2"]],"asks":[["1.20","3"]]}';

let exchange: FakeExchange;
let rest: BinanceRest;

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

/** Answers with one after the other; the last one stays. */
function script(...answers: ((response: ServerResponse) => void)[]): void {
  let at = 0;
  exchange.respond = (response) => answers[Math.min(at++, answers.length - 1)]?.(response);
}

const book = (response: ServerResponse) => answer(response, 200, BOOK, { 'x-mbx-used-weight-1m': '20' });

function connect(changed: Partial<BinanceRestOptions> = {}): BinanceRest {
  rest?.close();
  const retry = { initialDelayMs: 5, maxDelayMs: 20 };
  return (rest = new BinanceRest({ market: 'usdm', restUrl: exchange.restUrl, retry, ...changed }));
}

beforeEach(async () => {
  exchange = await FakeExchange.start();
  connect();
});

afterEach(async () => {
  rest.close();
  await exchange.close();
});

describe('the REST client', () => {
  it('gives the book as received, with its id', async () => {
    script(book);
    const { body, lastUpdateId } = await rest.depth('BTCUSDT');
    expect(body.toString()).toBe(BOOK);
    expect(lastUpdateId).toBe(11194332212850);
    expect(exchange.requests[0]).toMatchObject({ path: '/fapi/v1/depth' });
    expect(exchange.requests[0]?.query.toString()).toBe('symbol=BTCUSDT&limit=1000');
    expect(rest.budget.state()).toMatchObject({ usedWeight: 20, inFlight: 0, limitPerMinute: 2400 });
  });

  it.each([['usdm', '/fapi/v1/time'], ['coinm', '/dapi/v1/time'], ['spot', '/api/v3/time']] as const)(
    'asks %s at %s',
    async (market, path) => {
      script((response) => answer(response, 200, '{"serverTime":1620099477465}'));
      await expect(connect({ market }).time()).resolves.toEqual({ serverTime: 1620099477465 });
      expect(exchange.requests[0]?.path).toBe(path);
    },
  ); // prettier-ignore

  it('encodes symbols of any script', async () => {
    script(book);
    await rest.depth('币安人生USDT', { limit: 5 });
    expect(exchange.requests[0]?.query.get('symbol')).toBe('币安人生USDT');
  });

  it('asks for trades by id and by time', async () => {
    const row = '{"a":1,"p":"2.0","q":"3","nq":"3","f":4,"l":5,"T":6,"m":true,"new":[1]}';
    script((response) => answer(response, 200, `[${row}]`));
    const { body, rows } = await rest.aggTrades({ symbol: 'BTCUSDT', fromId: 1 });
    expect(body.toString()).toBe(`[${row}]`);
    expect(rows).toEqual([JSON.parse(row)]);
    await rest.aggTrades({ symbol: 'BTCUSDT', startTimeMs: 10, endTimeMs: 20, limit: 500 });
    expect(exchange.requests.map(({ query }) => query.toString())).toEqual([
      'symbol=BTCUSDT&fromId=1&limit=1000',
      'symbol=BTCUSDT&startTime=10&endTime=20&limit=500',
    ]);
    expect(rest.budget.state().usedWeight).toBe(40);
  });

  it('refuses a limit that the exchange does not have', async () => {
    for (const limit of [0, 1001, 1.5, NaN])
      await expect(rest.depth('BTCUSDT', { limit })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(exchange.requests).toEqual([]);
  });

  it('takes the weight limit from the exchange', async () => {
    const info = {
      serverTime: 1, symbols: [{ symbol: 'X', baseAsset: 'X', quoteAsset: 'Y', filters: [], status: 'A_NEW_STATUS', extra: 1 }],
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
    }; // prettier-ignore
    script((response) => answer(response, 200, JSON.stringify(info)));
    await expect(rest.exchangeInfo()).resolves.toEqual(info);
    expect(rest.budget.state().limitPerMinute).toBe(6000);
  });

  it('keeps connections open between requests', async () => {
    script(book);
    const ports = new Set<number | undefined>();
    const respond = exchange.respond;
    exchange.respond = (response, request) => {
      ports.add(request.socket.remotePort);
      respond(response, request);
    };
    for (let time = 0; time < 3; time++) await rest.depth('BTCUSDT');
    expect(ports.size).toBe(1);
  });
});

describe('the REST client asks again', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['HTTP 500', (response) => answer(response, 500, '')],
    ['HTTP 503', (response) => answer(response, 503, 'Service Unavailable', { 'content-type': 'text/plain' })],
    ['exchange code -1008', (response) => answer(response, 400, '{"code":-1008,"msg":"overloaded"}')],
    ['bad JSON', (response) => answer(response, 200, '{"lastUpdateId":1,')],
    ['HTML under status 200', (response) => answer(response, 200, '<html>', { 'content-type': 'text/html' })],
    ['a cut connection', (response) => response.socket?.destroy()],
    ['a cut body', (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"lastUpdateId"', () => response.socket?.destroy());
    }],
  ])('after %s', async (_, broken) => {
    script(broken, book);
    await expect(rest.depth('BTCUSDT')).resolves.toMatchObject({ lastUpdateId: 11194332212850 });
    expect(exchange.requests).toHaveLength(2);
  }); // prettier-ignore

  it('no more often than its attempts', async () => {
    script((response) => answer(response, 503, ''));
    await expect(rest.depth('BTCUSDT')).rejects.toMatchObject({ code: 'OVERLOADED', status: 503 });
    expect(exchange.requests).toHaveLength(3);
  });

  it('after a rate limit when the told time is over, and nobody asks meanwhile', async () => {
    const atMs: number[] = [];
    const limited = (response: ServerResponse) =>
      answer(response, 429, '{"code":-1003,"msg":"x"}', { 'retry-after': '0.05' });
    const timed = (respond: (response: ServerResponse) => void) => (response: ServerResponse) => {
      atMs.push(performance.now());
      respond(response);
    };
    script(timed(limited), timed(book));
    const first = rest.depth('BTCUSDT');
    await eventually(() => rest.budget.state().hold?.reason === 'rate-limited');
    await Promise.all([first, rest.depth('ETHUSDT')]);
    expect(atMs).toHaveLength(3);
    expect(atMs[1]! - atMs[0]!).toBeGreaterThan(1_000);
  });
});

describe('the REST client does not ask again', () => {
  it.each<[string, string, (response: ServerResponse) => void]>([
    [
      'BLOCKED',
      'HTTP 403 with HTML',
      (response) => answer(response, 403, '<HTML>blocked', { 'content-type': 'text/html' }),
    ],
    ['BLOCKED', 'HTTP 202 without a body', (response) => void response.writeHead(202).end()],
    ['LOCATION_REFUSED', 'HTTP 451', (response) => answer(response, 451, '{}')],
    [
      'REQUEST_FAILED',
      'a bad symbol',
      (response) => answer(response, 400, '{"code":-1121,"msg":"Invalid symbol."}'),
    ],
    [
      'REQUEST_FAILED',
      'a redirect',
      (response) => answer(response, 302, '', { location: 'http://127.0.0.1:1/' }),
    ],
  ])('%s: %s', async (code, _, broken) => {
    script(broken, book);
    await expect(rest.depth('BTCUSDT')).rejects.toMatchObject({ code });
    expect(exchange.requests).toHaveLength(1);
  });

  it('while it is banned, and no other request goes out before the end', async () => {
    script(
      (response) => answer(response, 418, `{"code":-1003,"msg":"IP banned until ${Date.now() + 600_000}"}`),
      book,
    );
    await expect(rest.depth('BTCUSDT')).rejects.toMatchObject({ code: 'BANNED', exchangeCode: -1003 });
    const hold = rest.budget.state().hold;
    expect(hold?.reason).toBe('banned');
    expect(hold?.remainingMs).toBeGreaterThan(590_000);
    const waiting = [rest.depth('ETHUSDT'), rest.time(), rest.exchangeInfo()].map((request) =>
      request.catch((error: unknown) => error),
    );
    await eventually(() => rest.budget.state().waiting === 3);
    rest.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(exchange.requests).toHaveLength(1);
  });
});

describe('the REST client gives up on', () => {
  it('an answer that is not complete in time, even when bytes drip', async () => {
    exchange.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    };
    connect({ timeoutMs: 60, retry: { attempts: 1 } });
    await expect(rest.depth('BTCUSDT')).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT', timeoutMs: 60 });
    expect(rest.budget.state().inFlight).toBe(0);
  });

  it('a request whose signal says so, under way or waiting to be repeated', async () => {
    const abort = new AbortController();
    exchange.respond = () => abort.abort();
    await expect(rest.depth('BTCUSDT', { signal: abort.signal })).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    const later = new AbortController();
    script((response) => answer(response, 503, '', { 'retry-after': '100' }));
    const request = rest.depth('BTCUSDT', { signal: later.signal });
    setTimeout(() => later.abort(), 30);
    await expect(request).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
  });

  it('a server that is not there', async () => {
    const closed = await FakeExchange.start();
    const { restUrl } = closed;
    await closed.close();
    connect({ restUrl, retry: { attempts: 2, initialDelayMs: 1, maxDelayMs: 1 } });
    await expect(rest.depth('BTCUSDT')).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
  });

  it('an error under status 200, naming it', async () => {
    script((response) =>
      answer(
        response,
        200,
        '{"status":"ERROR","type":"GENERAL","code":"99099990","errorData":"illegal params."}',
      ),
    );
    connect({ retry: { attempts: 1 } });
    for (const request of [
      rest.depth('BTCUSDT'),
      rest.time(),
      rest.klines({ symbol: 'BTCUSDT', interval: '1m' }),
    ]) {
      await expect(request).rejects.toMatchObject({
        code: 'ANSWER_MALFORMED', exchangeCode: 99099990, exchangeMessage: 'illegal params.',
      }); // prettier-ignore
    }
  });
});

const responsesFile = resolve('../shared/data/rest/responses.json');
const infoFile = resolve('../shared/data/rest/exchangeInfo_2021-07-22.json');
const maybe = existsSync(responsesFile) && existsSync(infoFile) ? it : it.skip;

describe('bodies that were recorded (skipped without ../shared/data)', () => {
  type Recorded = Record<string, { query: string; body: unknown }[]>;
  const bodies = (path: string) =>
    (JSON.parse(readFileSync(responsesFile, 'utf8')) as Recorded)[path]!.map(({ body }) => body);
  const isError = (body: unknown) => typeof body === 'object' && body !== null && 'code' in body;

  maybe('are understood, each by its method', async () => {
    connect({ retry: { attempts: 1 } });
    const methods: Record<string, (client: BinanceRest) => Promise<unknown>> = {
      '/fapi/v1/depth': (client) => client.depth('BTCUSDT'),
      '/dapi/v1/depth': (client) => client.depth('BTCUSD_PERP'),
      '/fapi/v1/aggTrades': (client) => client.aggTrades({ symbol: 'BTCUSDT' }).then(({ rows }) => rows),
      '/fapi/v1/klines': (client) =>
        client.klines({ symbol: 'BTCUSDT', interval: '5m' }).then(({ rows }) => rows),
      '/dapi/v1/klines': (client) =>
        client.klines({ symbol: 'BTCUSD_PERP', interval: '5m' }).then(({ rows }) => rows),
      '/fapi/v1/time': (client) => client.time(),
      '/fapi/v1/exchangeInfo': (client) => client.exchangeInfo(),
    };
    for (const [path, method] of Object.entries(methods)) {
      for (const body of bodies(path)) {
        script((response) => answer(response, isError(body) ? 400 : 200, JSON.stringify(body)));
        if (isError(body)) await expect(method(rest)).rejects.toMatchObject({ code: 'REQUEST_FAILED' });
        else if (path.endsWith('depth'))
          await expect(method(rest)).resolves.toMatchObject({
            lastUpdateId: (body as { lastUpdateId: number }).lastUpdateId,
          });
        else await expect(method(rest)).resolves.toEqual(body);
      }
    }
  });

  maybe('name the symbols and the weight limit of the exchange', async () => {
    const text = readFileSync(infoFile, 'utf8');
    script((response) => answer(response, 200, text));
    const info = await rest.exchangeInfo();
    expect(info.symbols.find(({ symbol }) => symbol === 'BTCUSDT')?.filters).toContainEqual(
      expect.objectContaining({ filterType: 'PRICE_FILTER', tickSize: '0.01' }),
    );
    expect(rest.budget.state().limitPerMinute).toBe(2400);
  });
});
