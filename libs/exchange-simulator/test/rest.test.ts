import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { get } from './stream-client.ts';
import type { ErrorAnswer, ExchangeInfo } from './wire-types.ts';

const started: Exchange[] = [];

async function start(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const exchange = await startExchange({
    symbols: ['BTCUSDT', 'NEWUSDT'],
    tempo: { levels: 200 },
    ...options,
  });
  started.push(exchange);
  return exchange;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

const usedWeight = 'x-mbx-used-weight-1m';

describe('REST', () => {
  it('answers ping, time and exchangeInfo in the shapes of the exchange', async () => {
    const exchange = await start();
    expect((await get(exchange, '/fapi/v1/ping')).text).toBe('{}');
    const { serverTime } = (await get<{ serverTime: number }>(exchange, '/fapi/v1/time')).json;
    expect(Math.abs(serverTime - Date.now())).toBeLessThan(5000);
    const { json } = await get<ExchangeInfo>(exchange, '/fapi/v1/exchangeInfo');
    expect(json.rateLimits[0]).toEqual({
      rateLimitType: 'REQUEST_WEIGHT',
      interval: 'MINUTE',
      intervalNum: 1,
      limit: 2400,
    });
    expect(json.symbols.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'NEWUSDT']);
    expect(json.symbols[0]).toMatchObject({
      contractType: 'PERPETUAL',
      status: 'TRADING',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
      pricePrecision: 2,
    });
    expect(json.symbols[0]!.filters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ filterType: 'PRICE_FILTER', tickSize: '0.1' }),
        expect.objectContaining({ filterType: 'LOT_SIZE', stepSize: '0.001' }),
      ]),
    );
  });

  it.each([
    ['depth?symbol=NOPE', -1121],
    ['depth', -1102],
    ['depth?symbol=BTCUSDT&limit=7', -4021],
    ['depth?symbol=BTCUSDT&limit=x', -1100],
    ['klines?symbol=BTCUSDT&interval=7m', -1120],
    ['klines?symbol=BTCUSDT', -1102],
    ['aggTrades?symbol=NOPE', -1121],
    ['aggTrades?symbol=BTCUSDT&startTime=0&endTime=3600001', -4088],
  ])('refuses %s with status 400 and a code', async (path, code) => {
    const { status, json } = await get<ErrorAnswer>(await start(), `/fapi/v1/${path}`);
    expect({ status, code: json.code, msg: typeof json.msg }).toEqual({ status: 400, code, msg: 'string' });
  });

  it('knows the paths of its market only', async () => {
    const exchange = await start();
    for (const path of ['/api/v3/ping', '/dapi/v1/ping', '/fapi/v1/account', '/'])
      expect((await get(exchange, path)).status).toBe(404);
  });

  it('charges the weight of the exchange and tells it in a header', async () => {
    const exchange = await start();
    const weights: number[] = [];
    let before = 0;
    for (const path of [
      'ping',
      'depth?symbol=BTCUSDT&limit=5',
      'depth?symbol=BTCUSDT&limit=100',
      'depth?symbol=BTCUSDT',
      'depth?symbol=BTCUSDT&limit=1000',
      'aggTrades?symbol=BTCUSDT',
      'klines?symbol=BTCUSDT&interval=1m&limit=99',
      'klines?symbol=BTCUSDT&interval=1m&limit=1500',
    ]) {
      const used = Number((await get(exchange, `/fapi/v1/${path}`)).headers.get(usedWeight));
      weights.push(used - before);
      before = used;
    }
    // A minute may end between two requests; then the account starts anew and one difference is not positive.
    const expected = [1, 2, 5, 10, 20, 20, 1, 10];
    expect(weights.filter((weight, index) => weight !== expected[index]).length).toBeLessThanOrEqual(1);
  });

  it('refuses above the limit with 429 and bans who goes on with 418 and a time', async () => {
    const exchange = await start({
      requestWeight: { limit: 40, refusalsBeforeBan: 2, banMs: 60_000 },
      clock: frozenClock(),
    });
    const answers = [];
    for (let n = 0; n < 6; n++)
      answers.push(await get<ErrorAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429, 418, 418]);
    expect(answers[2]!.json).toMatchObject({
      code: -1003,
      msg: expect.stringContaining('current limit is 40'),
    });
    expect(answers[2]!.headers.get(usedWeight)).toBe('60');
    expect(answers[4]!.json.msg).toContain(`banned until ${FROZEN_MS + 60_000}`);
    expect((await get(exchange, '/fapi/v1/exchangeInfo')).status).toBe(418);
    expect(exchange.report().rest).toEqual([
      { path: '/fapi/v1/depth', status: 200, requests: 2 },
      { path: '/fapi/v1/depth', status: 429, requests: 2 },
      { path: '/fapi/v1/depth', status: 418, requests: 2 },
      { path: '/fapi/v1/exchangeInfo', status: 418, requests: 1 },
    ]);
  });

  it('never refuses when the account is off', async () => {
    const exchange = await start({ requestWeight: false, clock: frozenClock() });
    for (let n = 0; n < 130; n++)
      expect((await get(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).status).toBe(200);
    expect((await get(exchange, '/fapi/v1/ping')).headers.get(usedWeight)).toBe('2601');
  });

  it('answers 414 to a request line above 16 KiB', async () => {
    expect((await get(await start(), `/fapi/v1/depth?symbol=${'A'.repeat(17_000)}`)).status).toBe(414);
  });
});

describe('options', () => {
  it.each([
    ['neither a replay nor symbols', {}],
    ['both', { symbols: ['BTCUSDT'], replayDir: '.' }],
    ['no symbol', { symbols: [] }],
    ['a speed of 0', { symbols: ['BTCUSDT'], speed: 0 }],
    ['an empty book', { symbols: ['BTCUSDT'], tempo: { levels: 0 } }],
    ['a generated spot market', { symbols: ['BTCUSDT'], market: 'spot' as const }],
  ])('that make no sense are refused: %s', async (_, options) => {
    await expect(startExchange(options)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('that name a port in use are refused', async () => {
    const { port } = await start();
    await expect(startExchange({ symbols: ['BTCUSDT'], port })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    });
  });
});

const FROZEN_MS = Date.UTC(2026, 10, 22, 12);

/** Time stands still, so that no minute ends and no market moves. */
function frozenClock(): NonNullable<ExchangeOptions['clock']> {
  return { nowMs: () => FROZEN_MS, after: () => () => undefined };
}
