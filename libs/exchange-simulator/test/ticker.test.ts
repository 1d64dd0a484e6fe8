import { startExchange } from '@org/exchange-simulator';
import type { Exchange } from '@org/exchange-simulator';
import { get } from './stream-client.ts';
import type { ErrorAnswer } from './wire-types.ts';

interface Ticker {
  readonly symbol: string;
  readonly priceChange: string;
  readonly priceChangePercent: string;
  readonly weightedAvgPrice: string;
  readonly lastPrice: string;
  readonly lastQty: string;
  readonly openPrice: string;
  readonly highPrice: string;
  readonly lowPrice: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

let exchange: Exchange;

beforeAll(async () => {
  exchange = await startExchange({ symbols: ['BTCUSDT'], symbolCount: 40, tempo: { levels: 60 } });
});

afterAll(() => exchange.stop());

async function tickers(): Promise<Ticker[]> {
  return (await get<Ticker[]>(exchange, '/fapi/v1/ticker/24hr')).json;
}

describe('the ticker of 24 hours', () => {
  it('has one entry a symbol, figures that agree with each other, and volumes with a heavy tail', async () => {
    const all = await tickers();
    expect(all).toHaveLength(41);
    for (const ticker of all) {
      const [last, open, high, low] = [
        ticker.lastPrice,
        ticker.openPrice,
        ticker.highPrice,
        ticker.lowPrice,
      ].map(Number) as [number, number, number, number];
      expect(high).toBeGreaterThanOrEqual(Math.max(last, open));
      expect(low).toBeLessThanOrEqual(Math.min(last, open));
      expect(Number(ticker.priceChange)).toBeCloseTo(last - open, 6);
      expect(Number(ticker.priceChangePercent)).toBeCloseTo(((last - open) / open) * 100, 2);
      const turnover = Number(ticker.volume) * Number(ticker.weightedAvgPrice);
      expect(Number(ticker.quoteVolume) / turnover).toBeCloseTo(1, 9);
      expect(ticker.lastId - ticker.firstId + 1).toBe(ticker.count);
      expect(ticker.closeTime - ticker.openTime).toBe(86_400_000);
    }
    const volumes = all.map(({ quoteVolume }) => Number(quoteVolume));
    expect(volumes).toEqual([...volumes].sort((a, b) => b - a));
    expect(volumes[0]! / volumes[39]!).toBeGreaterThan(40);
  });

  it('costs a weight of 40 for all symbols and of 1 for one', async () => {
    await get(exchange, '/fapi/v1/ticker/24hr');
    const one = await get<Ticker>(exchange, '/fapi/v1/ticker/24hr?symbol=sim0003usdt');
    expect(one.json.symbol).toBe('SIM0003USDT');
    const weights = exchange.report().restUsage.requests.slice(-2);
    expect(weights.map(({ path, weight }) => [path, weight])).toEqual([
      ['/fapi/v1/ticker/24hr', 40],
      ['/fapi/v1/ticker/24hr', 1],
    ]);
  });

  it('leaves out what does not trade', async () => {
    exchange.changeListings({ delist: ['SIM0002USDT'], remove: ['SIM0004USDT'] });
    expect((await tickers()).map(({ symbol }) => symbol)).not.toContain('SIM0002USDT');
    expect(await tickers()).toHaveLength(39);
    const codes = [];
    for (const symbol of ['SIM0002USDT', 'SIM0004USDT'])
      codes.push((await get<ErrorAnswer>(exchange, `/fapi/v1/ticker/24hr?symbol=${symbol}`)).json.code);
    expect(codes).toEqual([-1122, -1121]);
  });
});
