import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { startExchange } from '@org/exchange-simulator';
import type { Exchange, ExchangeOptions } from '@org/exchange-simulator';
import { get, StreamClient } from './stream-client.ts';
import type { DepthAnswer, DepthPayload, ErrorAnswer } from './wire-types.ts';

interface SymbolEntry {
  readonly symbol: string;
  readonly status: string;
  readonly contractType: string;
  readonly quoteAsset: string;
  readonly onboardDate: number;
  readonly deliveryDate: number;
}

const NEVER_MS = 4_133_404_800_000;
const started: Exchange[] = [];

async function start(options: ExchangeOptions = {}): Promise<Exchange> {
  const exchange = await startExchange({
    symbols: ['BTCUSDT', 'ETHUSDT'],
    tempo: { levels: 100 },
    control: true,
    ...options,
  });
  started.push(exchange);
  return exchange;
}

async function listed(exchange: Exchange): Promise<readonly SymbolEntry[]> {
  const { json } = await get<{ symbols: SymbolEntry[] }>(exchange, '/fapi/v1/exchangeInfo');
  return json.symbols;
}

async function change(exchange: Exchange, body: string): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${exchange.restUrl}/simulator/symbols`, { method: 'POST', body });
  return { status: answer.status, json: await answer.json() };
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

describe('numbered symbols', () => {
  it('stand behind the named ones, as perpetuals in USDT that trade', async () => {
    const exchange = await start({ symbols: ['BTCUSDT'], symbolCount: 12, tempo: { levels: 60 } });
    const symbols = await listed(exchange);
    expect(symbols.map(({ symbol }) => symbol)).toEqual([
      'BTCUSDT',
      ...Array.from({ length: 12 }, (_, index) => `SIM00${String(index + 1).padStart(2, '0')}USDT`),
    ]);
    for (const symbol of symbols) {
      expect(symbol).toMatchObject({ status: 'TRADING', contractType: 'PERPETUAL', quoteAsset: 'USDT' });
      expect(symbol.deliveryDate).toBe(NEVER_MS);
    }
  });

  it.each([2001, -1, 1.5])('are refused when there are %p of them', async (symbolCount) => {
    await expect(startExchange({ symbolCount })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});

describe('a symbol that is listed while the exchange runs', () => {
  it('trades, has a book, and reaches those who had subscribed to it before', async () => {
    const exchange = await start();
    const client = await StreamClient.connect(exchange, '/public/stream?streams=newusdt@depth@0ms');
    const before = Date.now();
    exchange.changeListings({ list: ['newusdt'] });
    await client.until(() => client.payloads('newusdt@depth@0ms').length > 2);
    const entry = (await listed(exchange)).at(-1)!;
    expect(entry).toMatchObject({ symbol: 'NEWUSDT', status: 'TRADING', deliveryDate: NEVER_MS });
    expect(entry.onboardDate).toBeGreaterThanOrEqual(before - 1);
    const book = await get<DepthAnswer>(exchange, '/fapi/v1/depth?symbol=NEWUSDT&limit=50');
    expect(book.json.bids).toHaveLength(50);
  });
});

describe('a symbol that is delisted', () => {
  it('settles: it falls silent, is still listed, and has no book', async () => {
    const exchange = await start();
    const streams = 'btcusdt@depth@0ms/ethusdt@depth@0ms';
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${streams}`);
    const count = (symbol: string): number => client.payloads(`${symbol}@depth@0ms`).length;
    await client.until(() => count('btcusdt') > 0);
    const before = Date.now();
    exchange.changeListings({ delist: ['BTCUSDT'] });
    const said = exchange.report().streams['btcusdt@depth@0ms']!.frames;
    const heard = count('ethusdt');
    await client.until(() => count('ethusdt') > heard + 5);
    expect(exchange.report().streams['btcusdt@depth@0ms']!.frames).toBe(said);
    expect(exchange.report().books.map(({ symbol }) => symbol)).toEqual(['ETHUSDT']);
    const entry = (await listed(exchange))[0]!;
    expect(entry).toMatchObject({ symbol: 'BTCUSDT', status: 'SETTLING' });
    expect(entry.deliveryDate).toBeGreaterThanOrEqual(before - 1);
    expect(entry.deliveryDate).toBeLessThan(NEVER_MS);
    const depth = await get<ErrorAnswer>(exchange, '/fapi/v1/depth?symbol=BTCUSDT&limit=5');
    expect([depth.status, depth.json.code]).toEqual([400, -4108]);
  });

  it('goes on in the same chain of ids when it is listed again', async () => {
    const exchange = await start();
    const stream = 'btcusdt@depth@0ms';
    const client = await StreamClient.connect(exchange, `/public/stream?streams=${stream}`);
    const diffs = (): DepthPayload[] => client.payloads<DepthPayload>(stream);
    await client.until(() => diffs().length > 1);
    exchange.changeListings({ delist: ['BTCUSDT'] });
    const said = exchange.report().streams[stream]!.frames;
    exchange.changeListings({ list: ['BTCUSDT'] });
    await client.until(() => diffs().length > said + 3);
    diffs()
      .slice(1)
      .forEach((diff, index) => expect(diff.pu).toBe(diffs()[index]!.u));
    expect((await listed(exchange))[0]).toMatchObject({ status: 'TRADING', deliveryDate: NEVER_MS });
  });

  it('vanishes when it is removed', async () => {
    const exchange = await start();
    exchange.changeListings({ delist: ['BTCUSDT'] });
    exchange.changeListings({ remove: ['BTCUSDT', 'ETHUSDT'], list: ['SOLUSDT'] });
    expect((await listed(exchange)).map(({ symbol }) => symbol)).toEqual(['SOLUSDT']);
    expect(exchange.report().books.map(({ symbol }) => symbol)).toEqual(['SOLUSDT']);
    const depth = await get<ErrorAnswer>(exchange, '/fapi/v1/depth?symbol=ETHUSDT&limit=5');
    expect(depth.json.code).toBe(-1121);
  });
});

describe('a change of the listing', () => {
  it('is taken from other processes', async () => {
    const exchange = await start();
    const body = '{"list":["AAUSDT","BBUSDT"],"delist":["BTCUSDT"]}';
    expect(await change(exchange, body)).toEqual({ status: 202, json: { accepted: 3 } });
    expect((await listed(exchange)).map(({ symbol, status }) => [symbol, status])).toEqual([
      ['BTCUSDT', 'SETTLING'],
      ['ETHUSDT', 'TRADING'],
      ['AAUSDT', 'TRADING'],
      ['BBUSDT', 'TRADING'],
    ]);
  });

  it.each([
    ['{"list":["AAUSDT","BTCUSDT"]}', 'BTCUSDT: trades already'],
    ['{"list":["AAUSDT"],"delist":["CCUSDT"]}', 'CCUSDT: does not trade'],
    ['{"remove":["CCUSDT"]}', 'CCUSDT: is not listed'],
    ['{"list":["../etc"]}', 'expected 1 to 64 letters'],
    ['{"list":["AAUSDT","aausdt"]}', 'every symbol once'],
    ['{"lists":["AAUSDT"]}', 'lists'],
    ['{"list":"AAUSDT"}', 'list: '],
    ['list', 'expected JSON'],
    [
      `{"list":${JSON.stringify(Array.from({ length: 2000 }, (_, n) => `N${n}USDT`))}}`,
      'at most 2000 symbols',
    ],
  ])('is refused as a whole for %.60s', async (body, issue) => {
    const exchange = await start();
    const answer = await change(exchange, body);
    expect(answer).toMatchObject({ status: 400, json: { code: 'SYMBOLS_INVALID' } });
    expect((answer.json as { issues: string[] }).issues.join('\n')).toContain(issue);
    expect((await listed(exchange)).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
  });

  it('silences a replayed symbol, and lists nothing that was not recorded', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'simulator-listings-'));
    const line = (symbol: string, id: number): string =>
      `1700000000000000000 {"stream":"${symbol}usdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,` +
      `"s":"${symbol.toUpperCase()}USDT","U":${id},"u":${id},"pu":${id - 1},"b":[],"a":[]}}\n`;
    for (const symbol of ['aa', 'bb'])
      writeFileSync(path.join(folder, `${symbol}usdt_20231114.gz`), gzipSync(line(symbol, 2)));
    const exchange = await startExchange({ replayDir: folder, settleMs: 1 });
    started.push(exchange);
    expect(() => exchange.changeListings({ list: ['CCUSDT'] })).toThrow(/was not recorded/);
    exchange.changeListings({ delist: ['AAUSDT', 'BBUSDT'] });
    exchange.changeListings({ list: ['AAUSDT'] });
    const client = await StreamClient.connect(
      exchange,
      '/public/stream?streams=aausdt@depth@0ms/bbusdt@depth@0ms',
    );
    await exchange.finished;
    await client.until(() => client.frames.length > 0);
    expect(Object.keys(exchange.report().streams)).toEqual(['aausdt@depth@0ms']);
    rmSync(folder, { recursive: true });
    expect((await listed(exchange)).map(({ status }) => status)).toEqual(['TRADING', 'SETTLING']);
  });
});
