import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions, Fault } from '@org/exchange-simulator';
import { StreamClient } from './stream-client.ts';
import type { DepthPayload } from './wire-types.ts';

const DEPTH = 'btcusdt@depth@0ms';
const started: Exchange[] = [];

/** Lines that hear the same stream, the oldest first. */
async function lines(
  count: number,
  options: Partial<ExchangeOptions> = {},
): Promise<{ exchange: Exchange; clients: StreamClient[] }> {
  const tempo = { eventsPerSecond: 200, levels: 100 };
  const exchange = await startExchange({ symbols: ['BTCUSDT'], tempo, ...options });
  started.push(exchange);
  const clients: StreamClient[] = [];
  while (clients.length < count) clients.push(await line(exchange));
  return { exchange, clients };
}

function line(exchange: Exchange): Promise<StreamClient> {
  return StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}`);
}

function ids(client: StreamClient): number[] {
  return client.payloads<DepthPayload>(DEPTH).map(({ u }) => u);
}

async function goesOn(client: StreamClient, frames = 5): Promise<void> {
  const seen = client.frames.length;
  await client.until(() => client.frames.length >= seen + frames);
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

describe('a fault that picks by age', () => {
  it.each([
    ['cut', 'oldest', 0],
    ['reset', 'newest', 2],
    ['close', 'oldest', 0],
    ['serverShutdown', 'newest', 2],
  ] as const)('%s strikes the %s open connection alone', async (fault, pick, index) => {
    const { exchange, clients } = await lines(3);
    exchange.inject({ fault, pick, ...(fault === 'serverShutdown' ? { delay: 0 } : {}) });
    await clients[index]!.closed;
    for (const other of clients.filter((client) => client !== clients[index])) await goesOn(other);
    const ends = exchange.report().connections.map(({ end }) => end);
    expect(ends.map((end) => end === 'open')).toEqual([0, 1, 2].map((one) => one !== index));
  });

  it('chooses among the connections that it concerns', async () => {
    const { exchange, clients } = await lines(2);
    const market = await StreamClient.connect(exchange, '/market/stream?streams=btcusdt@aggTrade');
    exchange.inject({ fault: 'close', pick: 'newest', stream: DEPTH });
    await clients[1]!.closed;
    exchange.inject({ fault: 'close', pick: 'oldest', route: 'market' });
    await market.closed;
    await goesOn(clients[0]!);
  });

  it('cuts a line again and again while its duration lasts, and leaves the older one alone', async () => {
    const { exchange, clients } = await lines(2);
    exchange.inject({ fault: 'cut', pick: 'newest', duration: '1h' });
    await clients[1]!.closed;
    await (
      await line(exchange)
    ).closed;
    await goesOn(clients[0]!);
    expect(exchange.report().connections.map(({ end }) => end)).toEqual(['open', 'cut', 'cut']);
  });

  it('silences the line that it picked, and not the next one when that is given up', async () => {
    const { exchange, clients } = await lines(3);
    await goesOn(clients[0]!);
    exchange.inject({ fault: 'silence', pick: 'oldest', duration: '1h', stream: DEPTH });
    const seen = clients[0]!.frames.length;
    await goesOn(clients[1]!);
    expect(clients[0]!.frames.length).toBeLessThanOrEqual(seen + 2);
    await clients[0]!.close();
    await goesOn(clients[1]!, 20);
    expect(exchange.report().connections.map(({ dropped }) => dropped > 0)).toEqual([true, false, false]);
    expect(exchange.report().streams[DEPTH]!.dropped).toBe(0);
  });

  it('waits for a line to pick when nobody hears the stream yet', async () => {
    const { exchange } = await lines(0);
    exchange.inject({ fault: 'silence', pick: 'newest', duration: '1h', stream: DEPTH });
    const struck = await line(exchange);
    while (exchange.report().connections[0]!.dropped === 0) await new Promise(setImmediate);
    await goesOn(await line(exchange));
    expect(struck.frames).toHaveLength(0);
  });
});

describe('what one line missed', () => {
  it.each<[string, Fault]>([
    ['dropped', { fault: 'drop', count: 4, connection: 2, afterMessages: 10 }],
    ['damaged', { fault: 'malformed', count: 4, connection: 2, afterMessages: 10 }],
  ])('is told with its ids when it was %s, and the other line has it', async (kind, fault) => {
    const { exchange, clients } = await lines(2, { faults: [fault] });
    await clients[1]!.until(() => clients[1]!.frames.length > 20);
    await exchange.stop();
    await Promise.all(clients.map((client) => client.closed));
    const [spared, struck] = exchange.report().connections;
    expect(spared!.missed).toEqual([]);
    const all = ids(clients[0]!);
    const from = all.indexOf(struck!.missed[0]!.firstId!);
    expect(struck).toMatchObject({
      [kind]: 4,
      missed: [{ stream: DEPTH, messages: 4, firstId: all[from], lastId: all[from + 3] }],
    });
    if (kind === 'dropped') {
      const got = ids(clients[1]!);
      expect(got).toEqual(all.filter((id, at) => id >= got[0]! && (at < from || at > from + 3)));
    }
  });

  it('is a range for each time, also where depth cuts differ', async () => {
    const drop = { fault: 'drop', count: 2, connection: 1 } as const;
    const { exchange, clients } = await lines(2, { depthCuts: 'different' });
    for (const round of [1, 2]) {
      await goesOn(clients[0]!);
      exchange.inject(drop);
      while (exchange.report().connections[0]!.dropped < 2 * round) await new Promise(setImmediate);
    }
    await goesOn(clients[0]!);
    const struck = exchange.report().connections[0]!;
    expect(struck.missed.map(({ messages }) => messages)).toEqual([2, 2]);
    const diffs = clients[0]!.payloads<DepthPayload>(DEPTH);
    const holes = diffs.filter(({ pu }, index) => index > 0 && pu !== diffs[index - 1]!.u);
    expect(holes.map(({ pu }) => pu)).toEqual(struck.missed.map(({ lastId }) => lastId));
  });
});
