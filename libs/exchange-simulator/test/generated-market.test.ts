import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { decimalToUnits } from '@org/market-data';
import { MapBook } from './map-book.ts';
import { get, parsed, StreamClient } from './stream-client.ts';
import type {
  AggTradePayload,
  Bar,
  DepthAnswer,
  DepthPayload,
  TickerPayload,
  TradePayload,
} from './wire-types.ts';

const started: Exchange[] = [];

async function start(options: ExchangeOptions): Promise<Exchange> {
  const exchange = await startExchange(options);
  started.push(exchange);
  return exchange;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

/** Diffs of a stream joined to a snapshot that was asked for after them, as the exchange documents it. */
async function followBook(
  client: StreamClient,
  exchange: Exchange,
  stream: string,
  diffs: number,
): Promise<MapBook> {
  await client.until(() => client.payloads(stream).length > 0);
  const book = new MapBook(
    (await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).json,
  );
  const target = client.payloads(stream).length + diffs;
  await client.until(() => client.payloads(stream).length >= target);
  for (const diff of client.payloads<DepthPayload>(stream)) book.apply(diff);
  return book;
}

describe('a generated book', () => {
  it('is held exactly by a client that follows the documented rule', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'], speed: 20, tempo: { levels: 600 } });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@depth@0ms');
    const book = await followBook(client, exchange, 'btcusdt@depth@0ms', 200);
    await exchange.stop();
    await client.closed;
    for (const diff of client
      .payloads<DepthPayload>('btcusdt@depth@0ms')
      .filter(({ u }) => u > book.lastUpdateId))
      book.apply(diff);
    const own = exchange.report().books[0]!;
    expect({ lastUpdateId: book.lastUpdateId, checksum: book.checksum() }).toEqual({
      lastUpdateId: own.lastUpdateId,
      checksum: own.checksum,
    });
    expect([book.bids.size, book.asks.size]).toEqual([own.bids, own.asks]);
  });

  it.each(['depth', 'depth@100ms', 'depth@250ms', 'depth@500ms'])(
    'is told by btcusdt@%s in a chain of its own',
    async (name) => {
      const exchange = await start({
        symbols: ['BTCUSDT'],
        speed: 20,
        tempo: { levels: 400, eventsPerSecond: 40 },
      });
      const client = await StreamClient.connect(exchange, `/public/stream?streams=btcusdt@${name}`);
      const book = await followBook(client, exchange, `btcusdt@${name}`, 20);
      const answer = await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000');
      await client.until(() =>
        client.payloads<DepthPayload>(`btcusdt@${name}`).some(({ u }) => u >= answer.json.lastUpdateId),
      );
      const diffs = client.payloads<DepthPayload>(`btcusdt@${name}`);
      for (const diff of diffs.filter(({ u }) => u > book.lastUpdateId)) book.apply(diff);
      expect(diffs.every((diff, index) => index === 0 || diff.pu === diffs[index - 1]!.u)).toBe(true);
      expect(diffs.some((diff) => diff.U !== diff.pu + 1)).toBe(true);
      // Diffs leave at multiples of the interval, so the first one after the start may have a short time behind it.
      const gapsMs = diffs
        .slice(1)
        .map((diff, index) => diff.T - diffs[index]!.T)
        .slice(1);
      expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual((Number.parseInt(name.slice(6), 10) || 250) - 25);
    },
  );

  it('has far levels, deletes of levels that nobody holds, and is never crossed', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'], speed: 20 });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@depth@0ms');
    const book = await followBook(client, exchange, 'btcusdt@depth@0ms', 300);
    const [bids, asks] = [book.sorted('bids'), book.sorted('asks')];
    expect(Number(bids[0]![0])).toBeLessThan(Number(asks[0]![0]));
    const levels = client.payloads<DepthPayload>('btcusdt@depth@0ms').flatMap(({ b }) => b);
    expect(Math.min(...levels.map(([price]) => Number(price)))).toBeLessThan(Number(bids[0]![0]) * 0.3);
    const first = new Set<string>();
    const unknownDeletes = levels.filter(([price, quantity]) => {
      const isNew = !first.has(price);
      first.add(price);
      return isNew && Number(quantity) === 0;
    });
    expect(unknownDeletes.length).toBeGreaterThan(20);
    const whole = exchange.report().books[0]!;
    expect(whole.bids).toBeGreaterThanOrEqual(1000);
    expect(whole.asks).toBeGreaterThanOrEqual(1000);
  });

  it('agrees with the bookTicker of the same or the last smaller id', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'], speed: 20, tempo: { levels: 300 } });
    const client = await StreamClient.connect(
      exchange,
      '/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker',
    );
    const snapshot = (await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=1000')).json;
    await client.until(() => client.payloads<DepthPayload>('btcusdt@depth@100ms').length > 100);
    const book = new MapBook(snapshot);
    const tickers = client.payloads<TickerPayload>('btcusdt@bookTicker');
    let compared = 0;
    for (const diff of client.payloads<DepthPayload>('btcusdt@depth@100ms')) {
      book.apply(diff);
      const ticker = tickers.findLast(({ u }) => u <= book.lastUpdateId);
      if (ticker === undefined || book.lastUpdateId < diff.u || ticker.u <= snapshot.lastUpdateId) continue;
      compared++;
      expect([book.sorted('bids')[0]!.map(Number), book.sorted('asks')[0]!.map(Number)]).toEqual([
        [Number(ticker.b), Number(ticker.B)],
        [Number(ticker.a), Number(ticker.A)],
      ]);
    }
    expect(compared).toBeGreaterThan(50);
  });

  it('is shown to the depth that was asked for', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'] });
    for (const limit of [5, 10, 20, 50, 100, 500, 1000]) {
      const { json } = await get<DepthAnswer>(exchange, `/fapi/v1/depth?symbol=BTCUSDT&limit=${limit}`);
      expect([json.bids.length, json.asks.length]).toEqual([limit, limit]);
      expect(Object.keys(json)).toEqual(['lastUpdateId', 'E', 'T', 'bids', 'asks']);
    }
  });
});

describe('generated trades', () => {
  it('make up the bars exactly, in the stream and in REST', async () => {
    const exchange = await start({
      symbols: ['BTCUSDT'],
      speed: 240,
      tempo: { levels: 100, tradesPerSecond: 8, eventsPerSecond: 10 },
    });
    const trades = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@trade');
    const bars = await StreamClient.connect(
      exchange,
      '/market/stream?streams=btcusdt@kline_1m/btcusdt@kline_3m',
    );
    const closed = (): Bar[] => bars.messages.map(({ data }) => data.k).filter(({ x }) => x);
    await bars.until(() => closed().filter(({ i }) => i === '3m').length >= 2);
    const last = closed().at(-1)!;
    const fillsSoFar = (): TradePayload[] => trades.payloads('btcusdt@trade');
    await trades.until(() => (fillsSoFar().at(-1)?.T ?? 0) > last.T);
    const fills = fillsSoFar();
    const whole = closed().filter(({ t }) => t > fills[0]!.T);
    expect(whole.map(({ i }) => i)).toEqual(expect.arrayContaining(['1m', '3m']));
    for (const bar of whole)
      expect(bar).toEqual({ ...bar, ...barOf(fills.filter(({ T }) => T >= bar.t && T <= bar.T)) });
    const rows = (await get<unknown[][]>(exchange, '/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1000'))
      .json;
    for (const { t, o, h, l, c, v, T, q, n, V, Q, B } of whole.filter(({ i }) => i === '1m')) {
      expect(rows.find((row) => row[0] === t)).toEqual([t, o, h, l, c, v, T, q, n, V, Q, B]);
    }
  });

  it('are covered by aggregate trades without a hole, and REST repeats these', async () => {
    const exchange = await start({
      symbols: ['BTCUSDT'],
      speed: 5,
      tempo: { levels: 100, tradesPerSecond: 600 },
    });
    const market = await StreamClient.connect(exchange, '/market/stream?streams=btcusdt@aggTrade');
    const open = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@trade');
    await market.until(() => market.frames.length > 1200);
    const aggregates = market.payloads<AggTradePayload>('btcusdt@aggTrade');
    await open.until(() => open.payloads<TradePayload>('btcusdt@trade').at(-1)!.t >= aggregates.at(-1)!.l);
    aggregates.forEach((one, index) => index > 0 && expect(one.a).toBe(aggregates[index - 1]!.a + 1));
    const fills = open.payloads<TradePayload>('btcusdt@trade');
    expect(fills.filter(({ X }) => X === 'NA').every(({ p, q }) => p === '0' && q === '0')).toBe(true);
    const known = aggregates.filter(({ f }) => f >= fills[0]!.t);
    for (const one of known) {
      const parts = fills.filter(({ t, X }) => t >= one.f && t <= one.l && X === 'MARKET');
      expect(parts).toHaveLength(one.l - one.f + 1);
      expect(units(one.q)).toBe(parts.reduce((sum, { q }) => sum + units(q), 0n));
      expect(parts.every(({ p, m }) => p === one.p && m === one.m)).toBe(true);
    }
    const rows = (await get(exchange, `/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=${known[0]!.a}&limit=50`))
      .json;
    expect(rows).toEqual(
      known.slice(0, 50).map(({ a, p, q, nq, f, l, T, m }) => ({ a, p, q, nq, f, l, T, m })),
    );
    const [from, to] = [known[3]!.T, known[9]!.T];
    const timed = (
      await get<AggTradePayload[]>(
        exchange,
        `/fapi/v1/aggTrades?symbol=BTCUSDT&startTime=${from}&endTime=${to}`,
      )
    ).json;
    expect(timed.map(({ a }) => a)).toEqual(
      aggregates.filter(({ T }) => T >= from && T <= to).map(({ a }) => a),
    );
  });
});

describe('a seed', () => {
  const options: ExchangeOptions = {
    symbols: ['BTCUSDT', 'ABCUSDT'],
    seed: 7,
    startTimeMs: Date.UTC(2026, 0, 1),
    speed: 30,
    tempo: { levels: 100 },
  };
  const streams = '/public/stream?streams=btcusdt@depth@0ms/abcusdt@depth@100ms/btcusdt@bookTicker';

  async function someFrames(extra: ExchangeOptions): Promise<string[]> {
    const exchange = await start({ ...options, ...extra });
    const client = await StreamClient.connect(exchange, streams);
    await client.until(() => client.messages.some(({ data }) => data.T > Date.UTC(2026, 0, 1, 0, 0, 40)));
    await exchange.stop();
    return client.messages
      .filter(
        ({ data }) => data.T >= Date.UTC(2026, 0, 1, 0, 0, 20) && data.T < Date.UTC(2026, 0, 1, 0, 0, 40),
      )
      .map((message) => JSON.stringify(message));
  }

  it('makes the same market byte for byte, another seed another one', async () => {
    const [one, same, other] = await Promise.all([someFrames({}), someFrames({}), someFrames({ seed: 8 })]);
    expect(one.length).toBeGreaterThan(500);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

describe('what was sent', () => {
  let folder = '';

  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'sent-log-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is the same in the report, in the sent log and at the client', async () => {
    const journalPath = path.join(folder, 'sent.log');
    const exchange = await start({
      symbols: ['BTCUSDT', 'ETHUSDT'],
      journalPath,
      speed: 5,
      tempo: { levels: 100 },
    });
    const streams = 'btcusdt@depth@0ms/ethusdt@depth@100ms/btcusdt@bookTicker';
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${streams}`);
    const second = await StreamClient.connect(exchange, '/public/ws/btcusdt@depth@0ms');
    await client.until(() => client.frames.length > 300);
    await exchange.stop();
    await Promise.all([client.closed, second.closed]);
    const report = exchange.report();
    const lines = readFileSync(journalPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => /^(\d+) (\S+) (.*)$/.exec(line)!.slice(1));
    expect(lines.map(([, , frame]) => frame)).toEqual(client.frames.map(String));
    expect(lines.every(([, stream, frame]) => parsed(frame!).stream === stream)).toBe(true);
    expect(lines.map(([ns]) => BigInt(ns!))).toEqual(
      lines.map(([ns]) => BigInt(ns!)).sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(Object.keys(report.streams)).toEqual(streams.split('/').sort());
    for (const [stream, sent] of Object.entries(report.streams)) {
      const frames = client.frames.filter((frame) => parsed(frame).stream === stream);
      const hash = createHash('sha256');
      for (const frame of frames) hash.update(frame);
      const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
      expect(sent).toMatchObject({
        frames: frames.length,
        bytes,
        sha256: hash.digest('hex'),
        dropped: 0,
        damaged: 0,
      });
      expect([sent.firstId, sent.lastId]).toEqual(
        [frames[0], frames.at(-1)].map((frame) => parsed(frame!).data.u),
      );
    }
    expect(report.connections).toMatchObject([
      { number: 1, route: 'public', frames: client.frames.length, end: 'stopped' },
      { number: 2, route: 'public', frames: second.frames.length, end: 'stopped' },
    ]);
  });

  it('gives 5000 messages and 20,000 levels a second with less than a core', async () => {
    const symbols = Array.from({ length: 20 }, (_, n) => `S${String.fromCharCode(65 + n)}USDT`);
    const exchange = await start({
      symbols,
      tempo: { eventsPerSecond: 300, tradesPerSecond: 1, changesPerEvent: 4, levels: 100 },
    });
    const streams = symbols.map((symbol) => `${symbol.toLowerCase()}@depth@0ms`).join('/');
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${streams}`);
    const before = process.cpuUsage();
    await client.until(() => client.frames.length > 7500);
    const { user, system } = process.cpuUsage(before);
    const frames = client.frames.map((frame) => parsed(frame).data as unknown as DepthPayload);
    const marketMs = frames.at(-1)!.T - frames[0]!.T;
    const levels = frames.reduce((sum, { a, b }) => sum + a.length + b.length, 0);
    expect((frames.length / marketMs) * 1000).toBeGreaterThan(4500);
    expect((levels / marketMs) * 1000).toBeGreaterThan(20_000);
    // CPU time and not lateness, which is that of the machine: what one core can do in time, client included.
    expect((user + system) / 1000 / marketMs).toBeLessThan(1);
    const { lastMs, highestMs } = exchange.report().market;
    expect(lastMs).toBeGreaterThanOrEqual(0);
    expect(highestMs).toBeGreaterThanOrEqual(lastMs);
  });

  it('comes at the rate that was asked for', async () => {
    const exchange = await start({
      symbols: ['BTCUSDT'],
      tempo: { eventsPerSecond: 1000, tradesPerSecond: 0.1, levels: 100 },
    });
    const client = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@depth@0ms');
    await client.until(() => client.frames.length > 1500);
    const diffs = client.payloads<DepthPayload>('btcusdt@depth@0ms');
    expect(((diffs.at(-1)!.T - diffs[0]!.T) / diffs.length) * 0.88).toBeLessThan(1.2);
  });
});

function units(text: string): bigint {
  return BigInt(decimalToUnits(text, 3));
}

function barOf(fills: readonly TradePayload[]): object {
  const market = fills.filter(({ X }) => X === 'MARKET');
  const prices = market.map(({ p }) => Number(p));
  const taken = market.filter(({ m }) => !m);
  const fixed = (value: bigint, decimals: number): string => {
    const digits = String(value).padStart(decimals + 1, '0');
    return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  };
  const volume = (some: readonly TradePayload[]): string =>
    fixed(
      some.reduce((sum, { q }) => sum + units(q), 0n),
      3,
    );
  const turnover = (some: readonly TradePayload[]): string =>
    fixed(
      some.reduce((sum, { p, q }) => sum + units(q) * BigInt(decimalToUnits(p, 2)), 0n),
      5,
    );
  return {
    f: market[0]!.t,
    L: market.at(-1)!.t,
    o: market[0]!.p,
    c: market.at(-1)!.p,
    h: Math.max(...prices).toFixed(2),
    l: Math.min(...prices).toFixed(2),
    n: market.length,
    v: volume(market),
    q: turnover(market),
    V: volume(taken),
    Q: turnover(taken),
  };
}
