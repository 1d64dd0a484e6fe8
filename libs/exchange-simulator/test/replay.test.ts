import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { MapBook } from './map-book.ts';
import { get, StreamClient } from './stream-client.ts';
import type { AggTradePayload, Bar, DepthAnswer, DepthPayload, ExchangeInfo } from './wire-types.ts';

const recordings = path.resolve('../shared/data');
const usdm = path.join(recordings, 'usdm-2021-07-22');
/** Real recordings are not part of the repository. */
const withRecordings = existsSync(usdm) ? it : it.skip;

interface Line {
  readonly atNs: bigint;
  readonly text: string;
  readonly symbol: string;
}

const started: Exchange[] = [];

async function start(options: Partial<ExchangeOptions>): Promise<Exchange> {
  const exchange = await startExchange({ settleMs: 50, ...options });
  started.push(exchange);
  return exchange;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

/** All lines of a folder in the order of receipt; a symbol's own lines keep the order of its file. */
function readFolder(directory: string): Line[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) =>
      gunzipSync(readFileSync(path.join(directory, name)))
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => {
          const space = line.indexOf(' ');
          return {
            atNs: BigInt(line.slice(0, space)),
            text: line.slice(space + 1),
            symbol: name.replace(/_\d{8}\.gz$/, ''),
          };
        }),
    )
    .sort((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0));
}

function streamsOf(lines: readonly Line[]): string[] {
  return [
    ...new Set(
      lines.map(({ text }) => /^\{"stream":"([^"]+)"/.exec(text)?.[1]).filter((name) => name !== undefined),
    ),
  ];
}

function isPublic(stream: string): boolean {
  return /@(depth|bookTicker|trade$)/.test(stream);
}

describe('a replay of a real recording', () => {
  withRecordings('delivers every frame once, in order, byte for byte', async () => {
    const lines = readFolder(usdm);
    const exchange = await start({ replayDir: usdm, speed: 100 });
    const streams = streamsOf(lines);
    const open = await StreamClient.connect(
      exchange,
      `/public/stream?streams=${streams.filter(isPublic).join('/')}`,
    );
    const market = await StreamClient.connect(
      exchange,
      `/market/stream?streams=${streams.filter((name) => !isPublic(name)).join('/')}`,
    );
    await exchange.finished;
    const sent = (wanted: boolean): string[] =>
      lines
        .map(({ text }) => text)
        .filter(
          (text) =>
            text.startsWith('{"stream"') && isPublic(text.slice(11, text.indexOf('","data"'))) === wanted,
        );
    await Promise.all([
      open.until(() => open.frames.length >= sent(true).length),
      market.until(() => market.frames.length >= sent(false).length),
    ]);
    expect(perSymbol(open.frames.map(String))).toEqual(perSymbol(sent(true)));
    expect(perSymbol(market.frames.map(String))).toEqual(perSymbol(sent(false)));
    const report = exchange.report();
    for (const stream of streams) {
      const frames = lines.map(({ text }) => text).filter((text) => text.startsWith(`{"stream":"${stream}"`));
      const hash = createHash('sha256').update(frames.join('')).digest('hex');
      expect(report.streams[stream]).toMatchObject({
        frames: frames.length,
        sha256: hash,
        dropped: 0,
        damaged: 0,
      });
    }
    expect(report.problems).toEqual([]);
  });

  withRecordings('answers with the recorded snapshot first and with the true book later', async () => {
    const lines = readFolder(usdm);
    const exchange = await start({ replayDir: usdm, speed: 40 });
    const waiting = get(exchange, '/fapi/v1/depth?symbol=SUSHIUSDT&limit=1000');
    const client = await StreamClient.connect(exchange, '/public/stream?streams=sushiusdt@depth@100ms');
    const recorded = lines.find(
      ({ symbol, text }) => symbol === 'sushiusdt' && text.startsWith('{"lastUpdateId"'),
    )!.text;
    expect((await waiting).text).toBe(recorded);
    const book = new MapBook(JSON.parse(recorded) as DepthAnswer);
    for (const share of [0.4, 0.7]) {
      await client.until(() => client.frames.length > 250 * share);
      await expectTrueBook(exchange, client, book, 1000);
      await expectTrueBook(exchange, client, book, 20);
    }
    await exchange.finished;
    await expectTrueBook(exchange, client, book, 1000);
    const own = exchange.report().books.find(({ symbol }) => symbol === 'SUSHIUSDT')!;
    expect(own).toMatchObject({ lastUpdateId: book.lastUpdateId, checksum: book.checksum() });
  });

  withRecordings('holds the books that the recordings prove, for all three markets', async () => {
    const oracle = JSON.parse(readFileSync(path.join(recordings, 'books.json'), 'utf8')) as unknown;
    const facts = JSON.stringify(oracle);
    for (const [market, name] of [
      ['usdm', 'usdm-2021-07-22'],
      ['coinm', 'coinm-2021-07-22'],
      ['spot', 'spot-2021-10-12'],
    ] as const) {
      const replayDir = path.join(recordings, name);
      const exchange = await start({ replayDir, market, speed: 1000 });
      const streams = streamsOf(readFolder(replayDir)).join('/');
      const route = market === 'usdm' ? '/public' : '';
      const client = await StreamClient.connect(exchange, `${route}/stream?streams=${streams}`);
      await exchange.finished;
      const { books, problems } = exchange.report();
      expect(problems).toEqual([]);
      expect(books.length).toBeGreaterThanOrEqual(4);
      for (const { checksum } of books) expect(facts).toContain(checksum);
      await client.close();
    }
  });

  withRecordings('tells ticks, trades and bars in REST from what it sent', async () => {
    const exchange = await start({ replayDir: usdm, speed: 1000 });
    const { json } = await get<ExchangeInfo>(exchange, '/fapi/v1/exchangeInfo');
    const rules = Object.fromEntries(
      json.symbols.map((one) => [
        one.symbol,
        [one.filters[0].tickSize, one.filters[1].stepSize, one.pricePrecision],
      ]),
    );
    expect(rules).toEqual({
      AKROUSDT: ['0.00001', '1', 5],
      CTKUSDT: ['0.00001', '1', 5],
      KEEPUSDT: ['0.0001', '1', 4],
      SUSHIUSDT: ['0.001', '1', 4],
    });
    const client = await StreamClient.connect(
      exchange,
      '/market/stream?streams=sushiusdt@aggTrade/sushiusdt@kline_1m',
    );
    await StreamClient.connect(exchange, '/public/stream?streams=sushiusdt@depth@100ms');
    await exchange.finished;
    const { streams } = exchange.report();
    const frames = streams['sushiusdt@aggTrade']!.frames + streams['sushiusdt@kline_1m']!.frames;
    await client.until(() => client.frames.length === frames);
    const trades = client.payloads<AggTradePayload>('sushiusdt@aggTrade');
    const rows = (await get(exchange, '/fapi/v1/aggTrades?symbol=SUSHIUSDT&limit=1000')).json;
    expect(rows).toEqual(trades.map(({ a, p, q, f, l, T, m }) => ({ a, p, q, f, l, T, m })));
    const closed = client
      .payloads<{ k: Bar }>('sushiusdt@kline_1m')
      .map(({ k }) => k)
      .find(({ x }) => x)!;
    const bars = (await get<unknown[][]>(exchange, '/fapi/v1/klines?symbol=SUSHIUSDT&interval=1m')).json;
    expect(bars[0]).toEqual([
      closed.t,
      closed.o,
      closed.h,
      closed.l,
      closed.c,
      closed.v,
      closed.T,
      closed.q,
      closed.n,
      closed.V,
      closed.Q,
      closed.B,
    ]);
  });
});

/** The order within a symbol; at equal receive times the order between symbols is free. */
function perSymbol(frames: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const frame of frames) {
    const symbol = frame.slice(11, frame.indexOf('@'));
    groups.set(symbol, [...(groups.get(symbol) ?? []), frame]);
  }
  return groups;
}

/** The answer equals the independent book at the answer's id, in the exchange's own writing. */
async function expectTrueBook(
  exchange: Exchange,
  client: StreamClient,
  book: MapBook,
  limit: number,
): Promise<void> {
  const { json } = await get<DepthAnswer>(exchange, `/fapi/v1/depth?symbol=SUSHIUSDT&limit=${limit}`);
  const stream = 'sushiusdt@depth@100ms';
  await client.until(() => client.payloads<DepthPayload>(stream).some(({ u }) => u >= json.lastUpdateId));
  for (const one of client.payloads<DepthPayload>(stream))
    if (one.u > book.lastUpdateId && one.u <= json.lastUpdateId) book.apply(one);
  expect(book.lastUpdateId).toBe(json.lastUpdateId);
  for (const side of ['bids', 'asks'] as const) {
    expect(json[side].map((level) => level.map(Number))).toEqual(
      book
        .sorted(side)
        .slice(0, limit)
        .map((level) => level.map(Number)),
    );
    expect(json[side].every(([price]) => /^\d+\.\d{4}$/.test(price))).toBe(true);
  }
}
