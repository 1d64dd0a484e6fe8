import { startExchange } from '@org/exchange-simulator';
import type { Exchange } from '@org/exchange-simulator';
import { StreamClient } from './stream-client.ts';

let exchange: Exchange;

beforeEach(async () => {
  exchange = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 } });
});

afterEach(() => exchange.stop());

describe('the report of a connection', () => {
  it('tells streams, times and who was there', async () => {
    const beganAtMs = Date.now();
    const address = '/public/stream?client=lane%201&streams=btcusdt@depth@0ms/btcusdt@trade';
    const named = await StreamClient.connect(exchange, address, { headers: { 'user-agent': 'recorder/1' } });
    const plain = await StreamClient.connect(exchange, '/market/ws');
    await plain.request('SUBSCRIBE', ['btcusdt@aggTrade']);
    await named.close();
    while (exchange.report().connections[0]!.end === 'open') await new Promise(setImmediate);
    const [first, second] = exchange.report().connections;
    expect(first).toMatchObject({
      number: 1,
      route: 'public',
      end: 'client',
      streams: ['btcusdt@depth@0ms', 'btcusdt@trade'],
      clientAddress: '127.0.0.1',
      userAgent: 'recorder/1',
      client: 'lane 1',
    });
    expect(second).toMatchObject({
      route: 'market',
      end: 'open',
      streams: ['btcusdt@aggTrade'],
      closedAtMs: undefined,
      userAgent: undefined,
      client: undefined,
    });
    expect(first!.clientPort).not.toBe(second!.clientPort);
    for (const one of [first!, second!]) {
      expect(one.openedAtMs).toBeGreaterThanOrEqual(beganAtMs - 5);
      expect(one.openedAtMs).toBeLessThanOrEqual(Date.now() + 5);
    }
    expect(first!.closedAtMs).toBeGreaterThanOrEqual(first!.openedAtMs);
  });

  it('keeps only the beginning of a long name, and a broken one is none', async () => {
    await StreamClient.connect(exchange, `/public/ws?client=${'x'.repeat(900)}`);
    await StreamClient.connect(exchange, '/public/ws?client=%zz');
    expect(exchange.report().connections.map(({ client }) => client)).toEqual(['x'.repeat(200), undefined]);
  });
});
