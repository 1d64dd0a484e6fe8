import { BinanceRest } from '@org/binance-client';
import { FakeExchange } from './fake-exchange.ts';

let exchange: FakeExchange;
let rest: BinanceRest | undefined;

beforeEach(async () => {
  exchange = await FakeExchange.start();
});

afterEach(async () => {
  rest?.close();
  await exchange.close();
});

function answering(body: string, market: 'usdm' | 'coinm' | 'spot'): BinanceRest {
  exchange.respond = (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  return (rest = new BinanceRest({ market, restUrl: exchange.restUrl, retry: { attempts: 1 } }));
}

describe('the figures of 24 hours', () => {
  it.each([
    ['usdm', '/fapi/v1/ticker/24hr', 40],
    ['coinm', '/dapi/v1/ticker/24hr', 40],
    ['spot', '/api/v3/ticker/24hr', 80],
  ] as const)(
    'are asked of %s for all symbols at once, at the weight that this has',
    async (market, path, weight) => {
      const row = { symbol: 'BTCUSDT', volume: '1.5', quoteVolume: '100000.5', count: 7, anything: [] };
      const client = answering(JSON.stringify([row]), market);
      expect(await client.tickers24hr()).toEqual([row]);
      expect(exchange.requests).toMatchObject([{ path }]);
      expect(client.budget.state().usedWeight).toBe(weight);
    },
  );

  it('need no quote volume, which COIN-M does not have', async () => {
    const rows = [{ symbol: 'BTCUSD_PERP', volume: '90', baseVolume: '1', count: 3 }];
    expect(await answering(JSON.stringify(rows), 'coinm').tickers24hr()).toEqual(rows);
  });

  it.each(['{}', '[{"symbol":"X"}]', '[{"symbol":"X","volume":"1","count":"many"}]'])(
    'are no %s',
    async (body) => {
      await expect(answering(body, 'usdm').tickers24hr()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
    },
  );
});
