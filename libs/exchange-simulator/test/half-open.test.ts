import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { StreamClient } from './stream-client.ts';
import type { DepthPayload } from './wire-types.ts';

const DEPTH = 'btcusdt@depth@0ms';
const started: Exchange[] = [];

async function start(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const tempo = { eventsPerSecond: 200, levels: 100 };
  const exchange = await startExchange({ symbols: ['BTCUSDT'], tempo, ...options });
  started.push(exchange);
  return exchange;
}

async function lines(exchange: Exchange): Promise<[StreamClient, StreamClient]> {
  const address = `/public/stream?streams=${DEPTH}`;
  const pair = [await StreamClient.connect(exchange, address), await StreamClient.connect(exchange, address)];
  await pair[1]!.until(() => pair[1]!.frames.length > 3);
  return [pair[0]!, pair[1]!];
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

describe('halfOpen', () => {
  it('neither sends, pings nor answers, and then ends without a close frame', async () => {
    const exchange = await start({ connection: { pingIntervalMs: 40 } });
    const [struck, spared] = await lines(exchange);
    await struck.until(() => struck.pings.length > 0);
    exchange.inject({ fault: 'halfOpen', connection: 1, duration: '400ms' });
    expect(exchange.report().connections[0]!.end).toBe('open');
    // What had left before may still arrive; then nothing does.
    await spared.until(() => spared.pings.length > 3);
    const seen = { frames: struck.frames.length, pings: struck.pings.length };
    struck.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":7}');
    const heard = spared.pings.length;
    await spared.until(() => spared.pings.length > heard + 2);
    expect(await struck.closed).toEqual({ code: 1006, reason: '' });
    expect({ frames: struck.frames.length, pings: struck.pings.length }).toEqual(seen);
    expect(struck.answer(7)).toBeUndefined();
    expect(exchange.report().connections[0]!.streams).toEqual([DEPTH]);
    expect(exchange.report().connections.map(({ end }) => end)).toEqual(['halfOpen', 'open']);
  });

  it('tells what the line missed, and newcomers are served', async () => {
    const exchange = await start({ depthCuts: 'different' });
    const [struck, spared] = await lines(exchange);
    exchange.inject({ fault: 'halfOpen', pick: 'oldest', duration: '100ms' });
    const newcomer = await StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}`);
    await struck.closed;
    await newcomer.until(() => newcomer.frames.length > 5);
    await exchange.stop();
    await spared.closed;
    const { missed, dropped } = exchange.report().connections[0]!;
    expect(missed).toHaveLength(1);
    expect(dropped).toBe(missed[0]!.messages);
    expect(struck.payloads<DepthPayload>(DEPTH).at(-1)!.u).toBeLessThan(missed[0]!.firstId!);
    expect(exchange.report().streams[DEPTH]).toMatchObject({ dropped: 0, damaged: 0 });
  });

  it('is passed over by the faults that follow, and ends when the exchange stops', async () => {
    const exchange = await start();
    const [struck, spared] = await lines(exchange);
    exchange.inject({ fault: 'halfOpen', connection: 1, duration: '1h' });
    exchange.inject({ fault: 'close' });
    expect((await spared.closed).code).toBe(1001);
    await exchange.stop();
    expect((await struck.closed).code).toBe(1006);
    expect(exchange.report().connections.map(({ end }) => end)).toEqual(['stopped', 'close']);
  });
});
