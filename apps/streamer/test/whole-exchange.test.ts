import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '@org/config';

describe('docs/whole-exchange.md', () => {
  const text = readFileSync(resolve('docs/whole-exchange.md'), 'utf8');

  it('shows a configuration that is taken as it stands', () => {
    const example = /```yaml\n([^`]+)```/.exec(text)![1]!;
    expect(loadConfig({ text: example, path: 'docs/whole-exchange.md' }).symbols).toEqual({
      pairs: [],
      streams: ['aggTrade', 'depth@0ms', 'kline_1m'],
      perWorker: 'auto',
      universe: {
        quotes: ['USDT'],
        contracts: ['PERPETUAL'],
        topByVolume: 100,
        include: ['BTCUSDT', 'ETHUSDT'],
        exclude: ['USDCUSDT'],
        refreshIntervalMs: 60_000,
      },
    });
  });
});
