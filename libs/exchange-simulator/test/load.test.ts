import { existsSync } from 'node:fs';
import path from 'node:path';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions, LoadKind } from '@org/exchange-simulator';
import { applyUncrossed, connectAll, snapshotBook, ManualClock, MovedClock } from './load-clients.ts';
import { get, StreamClient } from './stream-client.ts';
import type { AggTradePayload, Bar, DepthPayload } from './wire-types.ts';

const started: Exchange[] = [];

async function start(options: ExchangeOptions): Promise<Exchange> {
  const exchange = await startExchange({ requestWeight: false, ...options });
  started.push(exchange);
  return exchange;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

const recordings = path.resolve('../shared/data/usdm-2024-07-18');
const withRecordings = existsSync(recordings) ? it : it.skip;

interface BarPayload {
  readonly E: number;
  readonly k: Bar & { readonly f: number; readonly L: number };
}

/** Frames, first and last id of a stream, as a client saw them. */
function seen(client: StreamClient, stream: string): { frames: number; ids: number[] } {
  const ids = client
    .payloads<Partial<DepthPayload & AggTradePayload> & Partial<BarPayload>>(stream)
    .map((one) => one.u ?? one.k?.t ?? one.a);
  return { frames: ids.length, ids: ids as number[] };
}

describe('a load', () => {
  const symbols = ['SIM0001USDT', 'SIM0002USDT', 'SIM0003USDT'];

  /** Stops the exchange when so many messages were sent, and waits until all of them have arrived. */
  async function run(
    options: ExchangeOptions,
    messages: number,
  ): Promise<{ exchange: Exchange; books: StreamClient; trades: StreamClient }> {
    const exchange = await start({ symbolCount: 3, ...options });
    const { books, trades } = await connectAll(exchange, symbols);
    await books.until(() => books.frames.length + trades.frames.length > messages);
    await exchange.stop();
    await Promise.all([books.closed, trades.closed]);
    return { exchange, books, trades };
  }

  it('sends diffs whose ids are a chain, and of which a client gets the book, round after round', async () => {
    const exchange = await start({
      symbolCount: 2,
      load: { messagesPerSecond: 6000 },
      tempo: { levels: 800 },
    });
    const stream = 'sim0001usdt@depth@0ms';
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${stream}`);
    await client.until(() => client.frames.length > 100);
    const early = await snapshotBook(exchange, 'SIM0001USDT');
    await client.until(() => client.frames.length > 800);
    const late = await snapshotBook(exchange, 'SIM0001USDT');
    await exchange.stop();
    await client.closed;
    const diffs = client.payloads<DepthPayload>(stream);
    diffs.slice(1).forEach((diff, index) => {
      expect(diff.pu).toBe(diffs[index]!.u);
      expect(diff.U > diff.pu && diff.U <= diff.u).toBe(true);
    });
    const own = exchange.report().books[0]!;
    for (const book of [early, late]) {
      applyUncrossed(book, diffs);
      expect([book.lastUpdateId, book.checksum()]).toEqual([own.lastUpdateId, own.checksum]);
    }
    const levels = diffs.map(({ b, a }) => b.length + a.length);
    const mean = levels.reduce((sum, one) => sum + one) / levels.length;
    expect(mean).toBeGreaterThan(35);
    expect(mean).toBeLessThan(60);
  });

  it('sends trades and bars that agree with each other and with REST, closed bars at the full minute', async () => {
    const minute = Date.UTC(2026, 10, 22, 10, 1);
    const clock = new MovedClock(minute - 50_000);
    const exchange = await start({
      symbolCount: 3,
      load: { messagesPerSecond: 3000 },
      tempo: { levels: 100 },
      clock,
    });
    const { books, trades } = await connectAll(exchange, symbols, () => clock.move(minute - 300));
    const open = (symbol: string): Bar | undefined =>
      trades.payloads<BarPayload>(`${symbol.toLowerCase()}@kline_1m`).at(-1)?.k;
    await trades.until(() => clock.nowMs() > minute + 300);
    await trades.until(() => symbols.every((symbol) => open(symbol)!.t === minute));
    for (const symbol of symbols) {
      const bars = trades.payloads<BarPayload>(`${symbol.toLowerCase()}@kline_1m`);
      const closed = bars.filter(({ k }) => k.x);
      expect(closed.map(({ k }) => [k.t, k.T])).toEqual([[minute - 60_000, minute - 1]]);
      expect(bars.every(({ k, E }) => k.x || (E >= k.t && E <= k.T))).toBe(true);
      const said = trades.payloads<AggTradePayload & { f: number; l: number }>(
        `${symbol.toLowerCase()}@aggTrade`,
      );
      said.slice(1).forEach((trade, index) => {
        expect([trade.a, trade.f]).toEqual([said[index]!.a + 1, said[index]!.l + 1]);
      });
      const { k } = closed[0]!;
      const inside = said.filter(({ T }) => T <= k.T);
      const prices = inside.map(({ p }) => Number(p));
      const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
      expect([k.f, k.L, k.n]).toEqual([inside[0]!.f, inside.at(-1)!.l, inside.at(-1)!.l - inside[0]!.f + 1]);
      expect([k.o, k.c].map(Number)).toEqual([prices[0], prices.at(-1)]);
      expect([k.h, k.l].map(Number)).toEqual([Math.max(...prices), Math.min(...prices)]);
      expect(Number(k.v)).toBeCloseTo(sum(inside.map(({ q }) => Number(q))), 6);
      expect(Number(k.q) / sum(inside.map(({ p, q }) => Number(p) * Number(q)))).toBeCloseTo(1, 9);
      expect(Number(k.V)).toBeCloseTo(sum(inside.filter(({ m }) => !m).map(({ q }) => Number(q))), 6);
      const rows = await get<AggTradePayload[]>(
        exchange,
        `/fapi/v1/aggTrades?symbol=${symbol}&fromId=${said[3]!.a}&limit=20`,
      );
      expect(rows.json).toHaveLength(20);
      rows.json.forEach((row, index) => expect(said[3 + index]).toMatchObject(row));
      const klines = await get<unknown[][]>(exchange, `/fapi/v1/klines?symbol=${symbol}&interval=1m`);
      expect(klines.json[0]).toEqual([k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, '0']);
    }
    await exchange.stop();
    await books.closed;
  });

  it('tells exactly what it sent: each stream by number and ids, each kind by number', async () => {
    const { exchange, books, trades } = await run(
      { load: { messagesPerSecond: 6000 }, tempo: { levels: 100 } },
      3000,
    );
    const report = exchange.report();
    const kinds: Record<LoadKind, number> = { depth: 0, aggTrade: 0, kline: 0 };
    for (const [stream, { frames, firstId, lastId }] of Object.entries(report.streams)) {
      const found = seen(stream.includes('@depth') ? books : trades, stream);
      expect([stream, found.frames, found.ids[0], found.ids.at(-1)]).toEqual([
        stream,
        frames,
        firstId,
        lastId,
      ]);
      kinds[/@(depth|aggTrade|kline)/.exec(stream)![1] as LoadKind] += frames;
    }
    const { load } = report;
    expect(load!.sent).toEqual(kinds);
    expect(load!.made).toBe(load!.unheard + kinds.depth + kinds.aggTrade + kinds.kline);
    const share = (kind: LoadKind): number => kinds[kind] / (load!.made - load!.unheard);
    expect(share('depth')).toBeGreaterThan(0.5);
    expect(share('aggTrade')).toBeGreaterThan(0.2);
    expect(share('kline')).toBeGreaterThan(0.1);
  });

  it('keeps its rate and its bursts, from the first depth subscription on, and says how late it was', async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 22, 10));
    const exchange = await start({
      symbolCount: 3,
      clock,
      tempo: { levels: 100 },
      load: {
        messagesPerSecond: 1000,
        bursts: [
          { startMs: 500, durationMs: 100, messagesPerSecond: 10_000 },
          { startMs: 200, durationMs: 100, messagesPerSecond: 5000 },
        ],
      },
    });
    const made = (): number => exchange.report().load!.made;
    const bars = await StreamClient.connect(exchange, '/market/stream?streams=sim0001usdt@kline_1m');
    clock.advance(10_000);
    expect([made(), exchange.report().load!.startedAtMs]).toEqual([0, undefined]);
    await StreamClient.connect(exchange, '/public/stream?streams=sim0001usdt@depth@0ms');
    for (const expected of [100, 200, 700, 800, 900, 1900, 2000]) {
      clock.advance(100);
      expect(Math.abs(made() - expected)).toBeLessThanOrEqual(51);
    }
    expect(exchange.report().load!.behindMs).toBeLessThanOrEqual(5);
    clock.advance(200, 40);
    const { behindMs } = exchange.report().load!;
    expect(behindMs).toBeGreaterThan(40);
    expect(behindMs).toBeLessThan(60);
    await bars.close();
  });

  it('is spread over the symbols with a heavy tail', async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 22, 10));
    const exchange = await start({
      symbolCount: 200,
      clock,
      tempo: { levels: 60, changesPerEvent: 2 },
      load: { messagesPerSecond: 20_000 },
    });
    const names = Array.from(
      { length: 200 },
      (_, n) => `sim${String(n + 1).padStart(4, '0')}usdt@depth@100ms`,
    );
    await StreamClient.connect(exchange, `/public/stream?streams=${names.join('/')}`);
    clock.advance(1000);
    const { streams } = exchange.report({ books: false });
    const frames = names.map((name) => streams[name]?.frames ?? 0);
    const part = (from: number, to: number): number =>
      frames.slice(from, to).reduce((sum, count) => sum + count, 0);
    expect(part(0, 200)).toBeGreaterThan(11_000);
    expect(part(0, 20) / part(180, 200)).toBeGreaterThan(3);
    expect(Math.min(...frames)).toBeGreaterThan(0);
  });

  it('meets faults like any market', async () => {
    const stream = 'sim0002usdt@depth@0ms';
    const faults = [{ fault: 'drop', afterMessages: 20, count: 5, stream } as const];
    const { exchange, books } = await run(
      { load: { messagesPerSecond: 4000 }, tempo: { levels: 100 }, faults, depthCuts: 'different' },
      1500,
    );
    expect(exchange.report().streams[stream]).toMatchObject({ dropped: 5 });
    const diffs = books.payloads<DepthPayload>(stream);
    const holes = diffs.slice(1).filter((diff, index) => diff.pu !== diffs[index]!.u);
    expect(holes).toHaveLength(1);
  });

  it('reaches those who subscribed before a symbol was listed, and leaves a delisted one alone', async () => {
    const exchange = await start({
      symbolCount: 2,
      load: { messagesPerSecond: 2000 },
      tempo: { levels: 100 },
    });
    const client = await StreamClient.connect(
      exchange,
      '/public/stream?streams=sim0001usdt@depth@0ms/newusdt@depth@0ms',
    );
    exchange.changeListings({ list: ['NEWUSDT'], delist: ['SIM0001USDT'] });
    const before = seen(client, 'sim0001usdt@depth@0ms').frames;
    await client.until(() => seen(client, 'newusdt@depth@0ms').frames > 20);
    expect(seen(client, 'sim0001usdt@depth@0ms').frames).toBe(before);
    const book = await snapshotBook(exchange, 'NEWUSDT');
    await exchange.stop();
    await client.closed;
    applyUncrossed(book, client.payloads<DepthPayload>('newusdt@depth@0ms'));
    const own = exchange.report().books.find(({ symbol }) => symbol === 'NEWUSDT')!;
    expect(book.checksum()).toBe(own.checksum);
  });

  withRecordings('takes its books and its events from recordings when it is given some', async () => {
    const exchange = await start({
      symbols: ['AAUSDT', 'BBUSDT'],
      load: { messagesPerSecond: 4000, dataDir: recordings },
    });
    const client = await StreamClient.connect(
      exchange,
      '/public/stream?streams=aausdt@depth@0ms/bbusdt@depth@0ms',
    );
    await client.until(() => seen(client, 'bbusdt@depth@0ms').frames > 20);
    const books = { aa: await snapshotBook(exchange, 'AAUSDT'), bb: await snapshotBook(exchange, 'BBUSDT') };
    await client.until(() => client.frames.length > 1500);
    const later = { aa: await snapshotBook(exchange, 'AAUSDT'), bb: await snapshotBook(exchange, 'BBUSDT') };
    await client.until(() => client.frames.length > 1700);
    for (const name of ['aa', 'bb'] as const) {
      const diffs = client.payloads<DepthPayload>(`${name}usdt@depth@0ms`);
      applyUncrossed(
        books[name],
        diffs.filter(({ u }) => u <= later[name].lastUpdateId),
      );
      for (const side of ['bids', 'asks'] as const)
        expect(books[name].sorted(side).slice(0, 200)).toEqual(later[name].sorted(side).slice(0, 200));
    }
    expect(books.aa.best('bids')).toBeGreaterThan(60_000);
    expect(books.bb.best('bids')).toBeLessThan(4000);
  });

  it.each<[string, ExchangeOptions]>([
    ['no rate', { load: { messagesPerSecond: 0 } }],
    [
      'bursts that overlap',
      {
        load: {
          messagesPerSecond: 1,
          bursts: [
            { startMs: 0, durationMs: 20, messagesPerSecond: 5 },
            { startMs: 10, durationMs: 20, messagesPerSecond: 5 },
          ],
        },
      },
    ],
    [
      'a burst without end',
      { load: { messagesPerSecond: 1, bursts: [{ startMs: 0, durationMs: 0, messagesPerSecond: 5 }] } },
    ],
    ['a tick of nothing', { load: { messagesPerSecond: 1, tickMs: 0 } }],
    ['a rate of its symbols', { load: { messagesPerSecond: 1 }, tempo: { eventsPerSecond: 3 } }],
    ['another speed', { load: { messagesPerSecond: 1 }, speed: 2 }],
    ['a time of its own', { load: { messagesPerSecond: 1 }, startTimeMs: 5 }],
    ['a clock of another age', { load: { messagesPerSecond: 1 }, clock: new ManualClock(1000) }],
    ['another market', { load: { messagesPerSecond: 1 }, market: 'spot' }],
  ])('is refused with %s', async (_, options) => {
    await expect(startExchange({ symbols: ['AAUSDT'], ...options })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });
});
