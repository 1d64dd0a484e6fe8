import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { MapBook } from './map-book.ts';
import { get, StreamClient } from './stream-client.ts';
import type { DepthAnswer, DepthPayload } from './wire-types.ts';

const recordings = path.resolve('../shared/data');
const maybe = (market: string): jest.It => (existsSync(path.join(recordings, market)) ? it : it.skip);

const DEPTH = 'btcusdt@depth@0ms';
const started: Exchange[] = [];
let folder = '';

async function start(options: ExchangeOptions): Promise<Exchange> {
  const exchange = await startExchange({ settleMs: 50, depthCuts: 'different', ...options });
  started.push(exchange);
  return exchange;
}

beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'depth-cuts-'))));

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
  rmSync(folder, { recursive: true });
});

function ids(diffs: readonly DepthPayload[]): number[] {
  return diffs.map(({ u }) => u);
}

function breaks(diffs: readonly DepthPayload[]): number {
  return diffs.filter(({ pu }, index) => index > 0 && pu !== diffs[index - 1]!.u).length;
}

/** Writes a capture of one symbol; each event is `atMs` and what differs from an empty diff. */
function capture(symbol: string, events: readonly (readonly [atMs: number, data: object | string])[]): void {
  const lines = events.map(([atMs, data]) => {
    const payload = typeof data === 'string' ? data : JSON.stringify(data);
    return `${1_700_000_000_000 + atMs}000000 {"stream":"${symbol}@depth@100ms","data":${payload}}\n`;
  });
  writeFileSync(path.join(folder, `${symbol}_20231114.gz`), gzipSync(lines.join('')));
}

function diff(n: number, changes: object = {}): object {
  const E = 1_700_000_000_000 + n * 100;
  return {
    e: 'depthUpdate',
    E,
    T: E - 2,
    s: 'AAUSDT',
    U: n * 10 + 1,
    u: n * 10 + 10,
    pu: n * 10,
    b: [],
    a: [],
    ...changes,
  };
}

describe('different depth cuts', () => {
  it('give every connection another cut, each with a whole chain and the book of the exchange', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'], speed: 10, tempo: { levels: 300 } });
    const address = `/public/stream?streams=${DEPTH}`;
    const clients = await Promise.all([1, 2, 3].map(() => StreamClient.connect(exchange, address)));
    const snapshots: DepthAnswer[] = [];
    for (const client of clients) {
      await client.until(() => client.frames.length > 0);
      snapshots.push((await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).json);
    }
    await clients[0]!.until(() => clients[0]!.frames.length > 150);
    await exchange.stop();
    await Promise.all(clients.map((client) => client.closed));
    const own = exchange.report().books[0]!;
    const sent = exchange.report().streams[DEPTH]!;
    const cuts = clients.map((client, index) => {
      const diffs = client.payloads<DepthPayload>(DEPTH);
      const book = new MapBook(snapshots[index]!);
      for (const one of diffs) book.apply(one);
      expect({ u: book.lastUpdateId, checksum: book.checksum(), breaks: breaks(diffs) }).toEqual({
        u: own.lastUpdateId,
        checksum: own.checksum,
        breaks: 0,
      });
      expect(ids(diffs).at(-1)).toBe(sent.lastId);
      const { frames, events } = exchange.report().connections[index]!;
      expect(frames).toBe(client.frames.length);
      expect(events / frames).toBeGreaterThan(1.4);
      expect(events).toBeLessThanOrEqual(sent.frames);
      return new Set(ids(diffs));
    });
    for (const [one, other] of [
      [0, 1],
      [1, 2],
      [0, 2],
    ] as const) {
      const shared = [...cuts[one]!].filter((id) => cuts[other]!.has(id)).length;
      expect(shared / cuts[one]!.size).toBeLessThan(0.85);
    }
  });

  it('merge into the first U and pu, the last u and times, and the last quantity of a level', async () => {
    const b = [
      [['1.10', '5'], ['1.20', '0']],
      [['1.20', '7.00'], ['0.90', '1']],
      [['1.10', '0']],
    ]; // prettier-ignore
    capture(
      'aausdt',
      Array.from({ length: 60 }, (_, n) => [
        n * 10,
        diff(n, { b: b[n % 3], E: 1_700_000_000_000 + n, ps: 'AA', st: 1 }),
      ]),
    );
    const exchange = await start({ replayDir: folder });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=aausdt@depth@100ms');
    await exchange.finished;
    await client.until(() => client.frames.at(-1)?.includes('"u":600,') === true);
    let merged = 0;
    for (const one of client.payloads<DepthPayload & { E: number }>('aausdt@depth@100ms')) {
      const [first, last] = [(one.U - 1) / 10, one.u / 10 - 1];
      const levels = new Map<string, string>();
      for (let n = first; n <= last; n++)
        for (const [price, quantity] of b[n % 3]!) levels.set(price!, quantity!);
      const expected = diff(last, { U: first * 10 + 1, pu: first * 10, E: 1_700_000_000_000 + last, ps: 'AA', st: 1,
        b: [...levels].sort((x, y) => Number(x[0]) - Number(y[0])) }); // prettier-ignore
      if (last > first) merged++;
      expect(last - first).toBeLessThan(3);
      if (last > first) expect(JSON.stringify(one)).toBe(JSON.stringify(expected));
      else expect(one).toEqual({ ...expected, b: b[last % 3] });
    }
    expect(merged).toBeGreaterThan(10);
  });

  it('never span a hole in the ids, 250 ms of the market, or a frame that is no diff', async () => {
    const odd = '{"e":"depthUpdate","odd":true}';
    const events = Array.from({ length: 90 }, (_, n): [number, object | string] => {
      if (n % 6 === 5) return [n, odd];
      return [
        n,
        diff(n, n % 6 === 2 ? { pu: 3 } : n % 6 === 4 ? { E: 1_700_000_000_000 + n * 100 + 251 } : {}),
      ];
    });
    capture('aausdt', events);
    const exchange = await start({ replayDir: folder });
    const client = await StreamClient.connect(exchange, '/public/ws/aausdt@depth@100ms');
    await exchange.finished;
    await client.until(() => client.frames.filter((frame) => frame.toString() === odd).length === 15);
    const frames = client.frames.map((frame) => JSON.parse(frame.toString()) as Partial<DepthPayload>);
    expect(frames.filter(({ u }) => u === undefined)).toHaveLength(15);
    const cuts = new Set(frames.map(({ u }) => u));
    for (let n = 0; n < 90; n++) {
      // What stands before the hole, before the late event and before the odd frame ends a message.
      if ([1, 3, 4].includes(n % 6)) expect(cuts).toContain(n * 10 + 10);
    }
    expect(frames.some(({ U, u }) => u !== undefined && u - U! > 10)).toBe(true);
  });

  it('stay in order around an event that comes twice', async () => {
    const places = [5, 8, 12, 15, 19, 22, 26, 29, 33, 36];
    const exchange = await start({
      symbols: ['BTCUSDT'],
      tempo: { levels: 100, eventsPerSecond: 200 },
      faults: places.map((afterMessages) => ({ fault: 'duplicate', afterMessages })),
    });
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}`);
    await client.until(() => exchange.report().connections[0]!.events > 60);
    const diffs = client.payloads<DepthPayload>(DEPTH);
    const once = diffs.filter(({ u }, index) => u !== diffs[index - 1]?.u);
    expect(diffs.length - once.length).toBe(places.length);
    expect(breaks(once)).toBe(0);
  });

  it('let an event go after 250 ms of the market when no other one follows', async () => {
    capture('aausdt', [[0, diff(0)], [60_000, diff(1)]]); // prettier-ignore
    const exchange = await start({ replayDir: folder });
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => StreamClient.connect(exchange, '/public/ws/aausdt@depth@100ms')),
    );
    await Promise.all(clients.map((client) => client.until(() => client.frames.length === 1)));
  });

  it('send what is held back before the exchange ends a connection', async () => {
    capture(
      'aausdt',
      Array.from({ length: 8 }, (_, n) => [n, diff(n)]),
    );
    const exchange = await start({
      replayDir: folder,
      faults: [{ fault: 'cut', afterMessages: 8, stream: 'aausdt@depth@100ms' }],
    });
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => StreamClient.connect(exchange, '/public/ws/aausdt@depth@100ms')),
    );
    await Promise.all(clients.map((client) => client.closed));
    for (const client of clients)
      expect((JSON.parse(client.frames.at(-1)!.toString()) as DepthPayload).u).toBe(80);
  });

  maybe('spot-2021-10-12')('keep the falling bids of spot, and its book', async () => {
    const exchange = await start({
      replayDir: path.join(recordings, 'spot-2021-10-12'),
      market: 'spot',
      speed: 20,
    });
    const symbol = 'NKNUSDT';
    const stream = `${symbol.toLowerCase()}@depth@100ms`;
    const waiting = get<DepthAnswer>(exchange, `/api/v3/depth?symbol=${symbol}&limit=1000`);
    const client = await StreamClient.connect(exchange, `/stream?streams=${stream}`);
    const book = new MapBook((await waiting).json);
    await exchange.finished;
    await exchange.stop();
    await client.closed;
    const diffs = client.payloads<DepthPayload>(stream);
    for (const one of diffs) {
      book.apply(one);
      const prices = one.b.map(([price]) => Number(price));
      expect(prices).toEqual([...prices].sort((x, y) => y - x));
    }
    expect(exchange.report().connections[0]!.events).toBeGreaterThan(diffs.length);
    const own = exchange.report().books.find((one) => one.symbol === symbol)!;
    expect([book.lastUpdateId, book.checksum()]).toEqual([own.lastUpdateId, own.checksum]);
  });
});

describe('the same depth cuts', () => {
  it('are the default, and any other word is refused', async () => {
    const exchange = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 } });
    started.push(exchange);
    const clients = await Promise.all(
      [1, 2].map(() => StreamClient.connect(exchange, `/public/stream?streams=${DEPTH}`)),
    );
    await clients[0]!.until(() => clients[0]!.frames.length > 10);
    await exchange.stop();
    await Promise.all(clients.map((client) => client.closed));
    const [one, other] = clients.map((client) => client.frames.map(String));
    expect(one!.slice(-other!.length)).toEqual(other!.slice(-one!.length));
    const wrong = { symbols: ['BTCUSDT'], depthCuts: 'odd' as 'same' };
    await expect(startExchange(wrong)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});
