import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { get, StreamClient } from './stream-client.ts';
import type { DepthAnswer } from './wire-types.ts';

const started: Exchange[] = [];
let folder: string;

async function start(options: Partial<ExchangeOptions>): Promise<Exchange> {
  const exchange = await startExchange({ settleMs: 50, ...options });
  started.push(exchange);
  return exchange;
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'replay-'));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
  rmSync(folder, { recursive: true });
});

function capture(name: string, lines: readonly (readonly [number, unknown])[]): void {
  const text = lines
    .map(
      ([ms, content]) =>
        `${1_700_000_000_000 + ms}000000 ${typeof content === 'string' ? content : JSON.stringify(content)}\n`,
    )
    .join('');
  writeFileSync(path.join(folder, name), gzipSync(text));
}

function diff(symbol: string, pu: number, u: number, price = '10.00', quantity = '1.000'): object {
  const data = { e: 'depthUpdate', E: u, T: u, s: symbol, U: pu + 1, u, pu, b: [[price, quantity]], a: [] };
  return { stream: `${symbol.toLowerCase()}@depth@0ms`, data };
}

function snapshot(lastUpdateId: number): object {
  return { lastUpdateId, E: 1, T: 2, bids: [['9.50', '2.000']], asks: [['11.00', '3.000']] };
}

describe('the clock of a replay', () => {
  it('stands still until a book is wanted and nobody has subscribed for the settle time', async () => {
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [10, { stream: 'aausdt@aggTrade', data: { e: 'aggTrade' } }],
    ]);
    const exchange = await start({ replayDir: folder, settleMs: 300 });
    const market = await StreamClient.connect(exchange, '/market/stream?streams=aausdt@aggTrade');
    const wrongRoute = await StreamClient.connect(exchange, '/market/stream?streams=aausdt@depth@0ms');
    const first = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    const openedAt = performance.now();
    const second = await StreamClient.connect(exchange, '/public/stream');
    while (performance.now() < openedAt + 200) await get(exchange, '/fapi/v1/ping');
    const subscribedAt = performance.now();
    await second.request('SUBSCRIBE', ['aausdt@depth@0ms']);
    await exchange.finished;
    expect(performance.now() - subscribedAt).toBeGreaterThan(295);
    await Promise.all(
      [first, second, market].map((client) =>
        client.until(() => client.messages.some(({ stream }) => stream)),
      ),
    );
    expect(wrongRoute.frames).toEqual([]);
  });

  it('starts with any stream where that is wanted', async () => {
    capture('aausdt_20231114.gz', [[0, { stream: 'aausdt@aggTrade', data: { e: 'aggTrade' } }]]);
    const exchange = await start({ replayDir: folder, startOn: 'any' });
    const client = await StreamClient.connect(exchange, '/market/stream?streams=aausdt@aggTrade');
    await exchange.finished;
    await client.until(() => client.frames.length === 1);
  });

  it('keeps the recorded distances, divided by the speed', async () => {
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [1000, diff('AAUSDT', 2, 3)],
      [3000, diff('AAUSDT', 3, 4)],
    ]);
    const exchange = await start({ replayDir: folder, speed: 10 });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    const times: number[] = [];
    for (let count = 1; count <= 3; count++) {
      await client.until(() => client.frames.length >= count);
      times.push(performance.now());
    }
    expect(times[1]! - times[0]!).toBeGreaterThan(80);
    expect(times[2]! - times[1]!).toBeGreaterThan(170);
    expect(times[2]! - times[0]!).toBeLessThan(2000);
  });

  it('runs on over the days of a symbol and over all symbols, and leaves the sockets open at its end', async () => {
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [20, diff('AAUSDT', 2, 3)],
    ]);
    capture('aausdt_20231115.gz', [[30, diff('AAUSDT', 3, 4)]]);
    capture('bbusdt_20231114.gz', [
      [10, diff('BBUSDT', 5, 6)],
      [25, diff('BBUSDT', 6, 7)],
    ]);
    const exchange = await start({ replayDir: folder });
    const client = await StreamClient.connect(
      exchange,
      '/public/stream?streams=aausdt@depth@0ms/bbusdt@depth@0ms',
    );
    await exchange.finished;
    await client.until(() => client.frames.length === 5);
    expect(client.messages.map(({ data }) => data.u)).toEqual([2, 6, 3, 7, 4]);
    expect((await client.request('LIST_SUBSCRIPTIONS')).result).toHaveLength(2);
    expect(exchange.report().connections[0]!.end).toBe('open');
  });

  it('keeps up with 8,000 messages a second', async () => {
    const lines = Array.from(
      { length: 12_000 },
      (_, index) => [index * 5, diff('AAUSDT', index + 1, index + 2, '10.00', `${index + 1}.000`)] as const,
    );
    capture('aausdt_20231114.gz', lines);
    const exchange = await start({ replayDir: folder, speed: 40 });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    await client.until(() => client.frames.length > 0);
    const startedAt = performance.now();
    await exchange.finished;
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await client.until(() => client.frames.length === lines.length);
    expect(client.messages.every(({ data }, index) => data.u === index + 2)).toBe(true);
  });
});

describe('a depth request', () => {
  it('is refused with 503 when no snapshot was recorded', async () => {
    capture('aausdt_20231114.gz', [[0, diff('AAUSDT', 1, 2)]]);
    const exchange = await start({ replayDir: folder });
    expect((await get(exchange, '/fapi/v1/depth?symbol=AAUSDT')).status).toBe(503);
  });

  it('gets what was asked for: 1000 levels are the recorded bytes, fewer are cut', async () => {
    const body = ' {"lastUpdateId":5,  "bids":[["9.50","2.000"],["9.00","1.000"]],"asks":[] }'.trim();
    const levels = Array.from({ length: 7 }, (_, index) => [`${9 - index}.00`, '1.000']);
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [10, { ...snapshot(5), bids: levels }],
    ]);
    capture('bbusdt_20231114.gz', [
      [0, diff('BBUSDT', 1, 2)],
      [10, body],
    ]);
    const exchange = await start({ replayDir: folder });
    const some = get(exchange, '/fapi/v1/depth?symbol=AAUSDT&limit=5');
    const whole = get(exchange, '/fapi/v1/depth?symbol=BBUSDT&limit=1000');
    await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    expect((await some).json).toEqual({ ...snapshot(5), bids: levels.slice(0, 5) });
    expect((await whole).text).toBe(body);
  });

  it('waits behind a hole in the recorded ids for the next snapshot', async () => {
    capture('aausdt_20231114.gz', [
      [0, snapshot(2)],
      [10, diff('AAUSDT', 2, 3)],
      [20, diff('AAUSDT', 7, 8)],
      [600, snapshot(9)],
      [610, diff('AAUSDT', 8, 10)],
    ]);
    const exchange = await start({ replayDir: folder });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    await client.until(() => client.frames.length >= 2);
    const { json } = await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=AAUSDT&limit=1000');
    expect(json).toEqual(snapshot(9));
    await exchange.finished;
    expect((await get(exchange, '/fapi/v1/depth?symbol=AAUSDT&limit=1000')).json).toMatchObject({
      lastUpdateId: 10,
      E: 10,
      bids: [
        ['10.00', '1.000'],
        ['9.50', '2.000'],
      ],
    });
  });

  it('that still waits when the exchange stops is answered', async () => {
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [10, snapshot(5)],
    ]);
    const exchange = await start({ replayDir: folder });
    const answer = get(exchange, '/fapi/v1/depth?symbol=AAUSDT').then(
      ({ status }) => status,
      () => 'hung up',
    );
    await get(exchange, '/fapi/v1/ping');
    await exchange.stop();
    expect([503, 'hung up']).toContain(await answer);
    await exchange.finished;
  });
});

describe('a folder', () => {
  it('without captures is refused', async () => {
    await expect(start({ replayDir: folder })).rejects.toMatchObject({ code: 'CAPTURE_EMPTY' });
    await expect(start({ replayDir: path.join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'CAPTURE_EMPTY',
    });
    mkdirSync(path.join(folder, 'sub'));
  });

  it('with damage is played around it, and the damage is reported', async () => {
    capture('aausdt_20231114.gz', [
      [0, diff('AAUSDT', 1, 2)],
      [5, '["no message"]'],
      [6, '{"neither":1}'],
      [10, '{"stream":"aausdt@depth@0ms","data":{"e":"depthUpdate","s":7}}'],
      [20, diff('AAUSDT', 2, 3)],
    ]);
    const whole = readFileSync(path.join(folder, 'aausdt_20231114.gz'));
    writeFileSync(path.join(folder, 'aausdt_20231115.gz'), whole.subarray(0, whole.length - 20));
    const exchange = await start({ replayDir: folder });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@0ms');
    await exchange.finished;
    await client.until(() => client.frames.length >= 3);
    expect(client.frames[1]!.toString()).toBe(
      '{"stream":"aausdt@depth@0ms","data":{"e":"depthUpdate","s":7}}',
    );
    expect(exchange.report().problems.join('\n')).toMatch(
      /line 2: [^]*no frame and no snapshot[^]*aausdt_20231115\.gz/,
    );
  });
});
