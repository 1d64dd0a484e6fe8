import { BinanceRest, MarketStreams } from '@org/binance-client';

const streams = (options: object) =>
  new MarketStreams({
    market: 'usdm',
    wsUrl: 'ws://127.0.0.1:1',
    streams: [{ symbol: 'BTCUSDT', stream: 'aggTrade' }],
    handlers: { frame: () => undefined },
    ...options,
  });

describe('numbers among the options', () => {
  it.each([
    [
      { reconnect: { initialDelayMs: Number.NaN } },
      /initialDelayMs: expected a number of at least 1, was NaN/,
    ],
    [{ reconnect: { maxDelayMs: 0 } }, /maxDelayMs/],
    [{ reconnect: { maxRetries: -1 } }, /maxRetries/],
    [{ lifetimeMs: 0 }, /lifetimeMs/],
    [{ overlapMs: Number.NaN }, /overlapMs/],
    [{ silenceTimeoutMs: -1 }, /silence limit of aggTrade/],
    [{ market: 'options' }, /market: expected one of usdm, coinm, spot, was options/],
  ])('of streams are refused when they would make a storm: %j', (options, message) => {
    expect(() => streams(options)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }) as Error,
    );
  });

  it('of streams count as not given when they are undefined', () => {
    expect(() => streams({ reconnect: { initialDelayMs: undefined }, lifetimeMs: undefined })).not.toThrow();
  });

  it.each([[{ retry: { attempts: Number.NaN } }], [{ timeoutMs: 0 }], [{ market: 'options' }]])(
    'of REST are refused: %j',
    (options) => {
      expect(
        () => new BinanceRest({ market: 'usdm', ...options } as ConstructorParameters<typeof BinanceRest>[0]),
      ).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }) as Error);
    },
  );

  it('of REST count as not given when they are undefined: three attempts, then the error', async () => {
    const options = {
      retry: { attempts: undefined, initialDelayMs: 1, maxDelayMs: 1 },
      timeoutMs: undefined,
    };
    const rest = new BinanceRest({
      market: 'usdm',
      restUrl: 'http://127.0.0.1:1',
      ...options,
    } as unknown as ConstructorParameters<typeof BinanceRest>[0]);
    await expect(rest.time()).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    rest.close();
  });
});
