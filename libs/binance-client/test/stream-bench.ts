import { MarketStreams } from '@org/binance-client';
import type { MarketStreamsOptions } from '@org/binance-client';
import { parseStreamKey } from '@org/market-data';
import { FakeExchange } from './fake-exchange.ts';
import { StreamLog } from './stream-log.ts';

export const key = (text: string) => parseStreamKey(text)!;

export let exchange: FakeExchange;
export let streams: MarketStreams | undefined;

beforeEach(async () => {
  exchange = await FakeExchange.start();
});

afterEach(async () => {
  await streams?.stop();
  streams = undefined;
  await exchange.close();
});

/** Starts streams of the exchange; they are stopped after the test. */
export function start(keys: readonly string[], changed: Partial<MarketStreamsOptions> = {}): StreamLog {
  const log = new StreamLog();
  streams = new MarketStreams({
    market: 'usdm',
    wsUrl: exchange.wsUrl,
    streams: keys.map(key),
    reconnect: { initialDelayMs: 20, maxDelayMs: 100 },
    connectionIds: { next: 1 },
    handlers: log,
    ...changed,
  });
  streams.start();
  return log;
}

export const status = (streamKey: string) => streams?.status().find((each) => each.key === streamKey);
