import { request } from 'node:http';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { StreamClient } from './stream-client.ts';

let exchange: Exchange;
const clients: StreamClient[] = [];
const others: Exchange[] = [];

/** An exchange for one test, with rules of its own. */
async function startAnother(options: Omit<ExchangeOptions, 'symbols'>): Promise<Exchange> {
  const another = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 }, ...options });
  others.push(another);
  return another;
}

async function connect(path: string): Promise<StreamClient> {
  const client = await StreamClient.connect(exchange, path);
  clients.push(client);
  return client;
}

/** HTTP status of a handshake that is refused. */
function refusedStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
      'sec-websocket-version': '13',
    };
    const handshake = request({ port: exchange.port, host: '127.0.0.1', path, headers });
    handshake.on('response', (response) => resolve(response.resume().statusCode));
    handshake.on('upgrade', (_, socket) =>
      reject(new Error(`accepted ${path.slice(0, 60)} ${String(socket.destroy().destroyed)}`)),
    );
    handshake.on('error', reject);
    handshake.end();
  });
}

beforeAll(async () => {
  exchange = await startExchange({
    symbols: ['BTCUSDT', '币安人生USDT'],
    tempo: { eventsPerSecond: 50, tradesPerSecond: 40, levels: 100 },
    connection: { pingIntervalMs: 50, clientMessagesPerSecond: 40 },
  });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(others.splice(0).map((another) => another.stop()));
});

afterAll(() => exchange.stop());

describe('routes', () => {
  it('delivers books on /public and /stream and trades on /market, and nothing the other way round', async () => {
    const streams =
      'btcusdt@depth@0ms/btcusdt@bookTicker/btcusdt@trade/btcusdt@aggTrade/btcusdt@kline_1m/btcusdt@markPrice@1s';
    const [open, market, unrouted] = await Promise.all(
      ['/public', '/market', ''].map((route) => connect(`${route}/stream?streams=${streams}`)),
    );
    const heard = (client: StreamClient): string[] =>
      [...new Set(client.messages.map((message) => String(message.stream)))].sort();
    await Promise.all(
      [open!, market!, unrouted!].map((client) =>
        client.until(() => heard(client).length >= 3 && client.frames.length > 40),
      ),
    );
    expect(heard(open!)).toEqual(['btcusdt@bookTicker', 'btcusdt@depth@0ms', 'btcusdt@trade']);
    expect(heard(unrouted!)).toEqual(heard(open!));
    expect(heard(market!)).toEqual(['btcusdt@aggTrade', 'btcusdt@kline_1m', 'btcusdt@markPrice@1s']);
  });

  it('acknowledges a stream that does not exist and stays silent', async () => {
    const client = await connect('/public/stream');
    expect(await client.request('SUBSCRIBE', ['btcusdt@totalnonsense', 'BTCUSDT@depth@0ms'])).toEqual({
      result: null,
      id: 1,
    });
    await client.request('SUBSCRIBE', ['btcusdt@depth@0ms']);
    await client.until(() => client.payloads('btcusdt@depth@0ms').length > 5);
    expect(
      client.messages.filter((message) => 'stream' in message && message.stream !== 'btcusdt@depth@0ms'),
    ).toEqual([]);
    expect((await client.request('LIST_SUBSCRIPTIONS')).result).toHaveLength(3);
  });

  it('delivers streams of symbols in any script', async () => {
    const client = await connect(`/public/stream?streams=${encodeURIComponent('币安人生usdt@depth')}`);
    await client.until(() => client.frames.length > 0);
    expect(client.messages[0]).toMatchObject({ stream: '币安人生usdt@depth', data: { s: '币安人生USDT' } });
  });

  it('sends bare payloads on /ws and envelopes on /stream, until the property says otherwise', async () => {
    const client = await connect('/public/ws/btcusdt@depth@0ms');
    await client.until(() => client.frames.length > 0);
    expect(client.messages[0]).toMatchObject({ e: 'depthUpdate', s: 'BTCUSDT' });
    expect(await client.request('GET_PROPERTY', ['combined'])).toEqual({ result: false, id: 1 });
    expect(await client.request('SET_PROPERTY', ['combined', true])).toEqual({ result: null, id: 2 });
    const seen = client.frames.length;
    await client.until(() => client.frames.length > seen);
    expect(client.messages.at(-1)).toMatchObject({ stream: 'btcusdt@depth@0ms', data: { e: 'depthUpdate' } });
    expect((await client.request('GET_PROPERTY', ['combined'])).result).toBe(true);
  });

  it('falls silent after UNSUBSCRIBE', async () => {
    const client = await connect('/public/stream?streams=btcusdt@depth@0ms/btcusdt@trade');
    expect(await client.request('UNSUBSCRIBE', ['btcusdt@depth@0ms'])).toEqual({ result: null, id: 1 });
    const before = client.payloads('btcusdt@depth@0ms').length;
    const trades = client.payloads('btcusdt@trade').length;
    await client.until(() => client.payloads('btcusdt@trade').length > trades + 5);
    expect(client.payloads('btcusdt@depth@0ms')).toHaveLength(before);
  });

  it('does not negotiate compression', async () => {
    expect((await connect('/public/stream')).extensions).toBe('');
  });
});

describe('refused handshakes', () => {
  it('answers 404 to a path that is none, 414 to a request line above 16 KiB and 400 to more than 1024 streams', async () => {
    expect(await refusedStatus('/private/ws')).toBe(404);
    expect(await refusedStatus('/public/elsewhere')).toBe(404);
    expect(await refusedStatus(`/public/stream?streams=${'btcusdt@depth@0ms/'.repeat(960)}`)).toBe(414);
    const short = Array.from({ length: 1025 }, (_, index) => `s${index}@a`).join('/');
    expect(await refusedStatus(`/public/stream?streams=${short}`)).toBe(400);
    expect(await refusedStatus('/public/stream?streams=%E0%A4%A')).toBe(400);
  });

  it('accepts a request line just below 16 KiB', async () => {
    const streams = 'btcusdt@depth@0ms/'.repeat(905);
    const client = await connect(`/public/stream?streams=${streams}`);
    expect((await client.request('LIST_SUBSCRIPTIONS')).result).toEqual(['btcusdt@depth@0ms']);
  });
});

describe('control messages', () => {
  it.each([
    ['a method that is none', { method: 'SUBSCRIB', params: [], id: 1 }, 2],
    ['a missing method', { params: [], id: 1 }, 2],
    ['an id that is text', { method: 'SUBSCRIBE', params: ['x@depth'], id: 'a' }, 2],
    ['a negative id', { method: 'SUBSCRIBE', params: ['x@depth'], id: -1 }, 2],
    ['missing params', { method: 'SUBSCRIBE', id: 1 }, 2],
    ['params that are no names', { method: 'SUBSCRIBE', params: [7], id: 1 }, 2],
    ['an unknown property', { method: 'GET_PROPERTY', params: ['colour'], id: 1 }, 0],
    ['a property value of the wrong type', { method: 'SET_PROPERTY', params: ['combined', 'yes'], id: 1 }, 1],
    ['too many parameters', { method: 'SET_PROPERTY', params: ['combined', true, 1], id: 1 }, 2],
    ['an array', [], 2],
  ])('are refused with a code: %s', async (_, message, code) => {
    const client = await connect('/public/stream');
    client.send(JSON.stringify(message));
    await client.until(() => client.frames.length > 0);
    expect(client.messages[0]!.error).toMatchObject({ code, msg: expect.any(String) });
    if (!Array.isArray(message) && message.id === 1) expect(client.messages[0]!.id).toBe(1);
  });

  it('are refused with code 3 where they are no JSON', async () => {
    const client = await connect('/public/stream');
    client.send('{"method":');
    await client.until(() => client.frames.length > 0);
    expect(client.messages[0]!.error!.code).toBe(3);
  });

  it('are refused when they ask for more than 1024 streams, and change nothing', async () => {
    const client = await connect('/public/stream?streams=btcusdt@depth');
    const names = Array.from({ length: 1024 }, (_, index) => `s${index}@depth`);
    expect((await client.request('SUBSCRIBE', names)).error!.code).toBe(2);
    expect((await client.request('LIST_SUBSCRIPTIONS')).result).toEqual(['btcusdt@depth']);
  });

  it('end the connection when they are binary', async () => {
    const client = await connect('/public/stream');
    client.sendBinary(Buffer.from('{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":1}'));
    expect(await client.closed).toEqual({ code: 1008, reason: 'Invalid request' });
  });

  it('end the connection when there are too many in a second, pongs included', async () => {
    const client = await connect('/public/stream');
    for (let id = 1; id <= 41; id++) client.send(JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id }));
    expect(await client.closed).toEqual({ code: 1008, reason: 'Too many requests' });
    expect(client.frames.length).toBeLessThanOrEqual(40);
  });
});

describe('keep-alive', () => {
  it('pings with a time as payload and keeps a client that answers', async () => {
    const client = await connect('/public/stream');
    await client.until(() => client.pings.length >= 4);
    expect(Number(client.pings[0])).toBeGreaterThan(1.7e12);
  });

  it('drops a client that never answers', async () => {
    const strict = await startAnother({ connection: { pingIntervalMs: 30, pongTimeoutMs: 60 } });
    const client = await StreamClient.connect(strict, '/public/stream', { autoPong: false });
    expect(await client.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
  });
});

describe('limits of one connection', () => {
  it('are ten client messages a second by default', async () => {
    const strict = await startAnother({});
    const client = await StreamClient.connect(strict, '/public/stream');
    for (let id = 1; id <= 10; id++) await client.request('LIST_SUBSCRIPTIONS');
    client.send('{}');
    expect((await client.closed).code).toBe(1008);
  });

  it('cut a client that does not read, and say so', async () => {
    const flooding = await startAnother({
      tempo: { eventsPerSecond: 200, levels: 100 },
      connection: { unsentBytesMax: 64 * 1024 },
      faults: [{ fault: 'oversized', bytes: 4 * 1024 * 1024, count: 20, afterMessages: 2 }],
    });
    const client = await StreamClient.connect(flooding, '/public/stream?streams=btcusdt@depth@0ms', {
      maxPayload: 1 << 24,
    });
    expect((await client.closed).code).toBe(1006);
    expect(flooding.report().connections[0]).toMatchObject({ end: 'overrun' });
  });
});
