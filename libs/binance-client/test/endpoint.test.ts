import { MarketStreams } from '@org/binance-client';
import type { BinanceClientErrorCode, MarketStreamsOptions } from '@org/binance-client';
import { StreamLog } from './stream-log.ts';

const withCode = (code: BinanceClientErrorCode) => expect.objectContaining({ code }) as Error;

describe('market streams refuse', () => {
  const build = (changed: Partial<MarketStreamsOptions>) => () =>
    new MarketStreams({
      market: 'usdm',
      wsUrl: 'wss://fstream.binance.com',
      streams: [],
      handlers: new StreamLog(),
      ...changed,
    });

  it.each([
    'ws://fstream.binance.com',
    'http://127.0.0.1',
    'ftp://x',
    'not an address',
    'ws://127.0.0.1.evil.com',
    'wss://user@host',
  ])('the address %s', (wsUrl) => expect(build({ wsUrl })).toThrow(withCode('ENDPOINT_REFUSED')));

  it.each([
    'wss://fstream.binance.com',
    'wss://fstream.binance.com/',
    'ws://127.0.0.1:80',
    'ws://localhost:80',
    'ws://[::1]:80',
  ])('not the address %s', (wsUrl) => expect(build({ wsUrl })).not.toThrow());

  it.each([0, 1025, 1.5])('%d streams a connection', (streamsPerConnectionMax) =>
    expect(build({ streamsPerConnectionMax })).toThrow(withCode('REQUEST_INVALID')),
  );
});
