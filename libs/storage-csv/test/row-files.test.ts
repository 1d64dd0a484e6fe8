import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { RECORD_TYPE } from '@org/storage';
import {
  CsvSink,
  fileHeader,
  storedEnds,
  symbolFiles,
  visitGapsFile,
  visitMarketFile,
  visitOrderbookFile,
  visitRejectedFile,
  type MarketRowKind,
} from '@org/storage-csv';
import { aggTradeFrame, batchOf, newStore, NOON_US, temporaryFolder } from './store.ts';

const folder = temporaryFolder();
let files = 0;
function file(content: string | Buffer): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `rows-${++files}`);
  writeFileSync(path, content);
  return path;
}

const AGG_TRADE = '7,60000.10,0.010,11,12,4,true,,5,1767355200000000,ws';

/** Everything that reading one file tells, in order. */
async function told(kind: MarketRowKind, content: string | Buffer, readBytes?: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  await visitMarketFile(file(content), kind, (row) => seen.push(row), {
    rejected: ({ line, problem }) => seen.push([line, problem]),
    unfinished: ({ line, byteLength }) => seen.push(['unfinished', line, byteLength]),
    ended: ({ lines }) => seen.push(['ended', lines]),
    ...(readBytes === undefined ? {} : { readBytes }),
  });
  return seen;
}

const aggTrades = (...rows: string[]) => [fileHeader('aggtrade')!, ...rows, ''].join('\n');

describe('the readers of rows', () => {
  it('give the rows that the sink wrote, with their lines', async () => {
    const outputDir = newStore(folder);
    const sink = new CsvSink({ outputDir });
    await sink.open();
    const kline = { t: 60_000, T: 119_999, s: 'BTCUSDT', i: '1m', f: 1, L: 3, o: '1.0', c: '2.0', h: '3.0', l: '0.5', v: '9', n: 3, x: true, q: '1', V: '4', Q: '1', B: '0' }; // prettier-ignore
    const bar = [120_000, '1.0', '3.0', '0.5', '2.0', '9', 179_999, '1', 3, '4', '1', '0'];
    const gap = { stream: 'BTCUSDT@aggTrade', reason: 'silence', lastId: 3, nextId: 9, detectedAtUs: 5, line: 2, healedBy: 'rest' }; // prettier-ignore
    const book = { symbol: 'BTCUSDT', lastUpdateId: 44, bids: [['1.0', '2'], ['0.9', '3']], asks: [['1.1', '4']] }; // prettier-ignore
    const records = batchOf(
      { payload: aggTradeFrame(7) },
      {
        stream: 'BTCUSDT@kline_1m',
        payload: { stream: 's', data: { e: 'kline', E: 8, s: 'BTCUSDT', k: kline } },
      },
      { stream: 'BTCUSDT@kline_1m', type: RECORD_TYPE.restRows, payload: [bar] },
      { type: RECORD_TYPE.gap, payload: gap },
      { stream: 'BTCUSDT@depth', type: RECORD_TYPE.bookSnapshot, payload: book },
      { stream: 'BTCUSDT@depth', type: RECORD_TYPE.bookSnapshot, receivedAtUs: NOON_US + 1, payload: book },
      { stream: 'BTCUSDT@ticker', payload: 'no JSON' },
    );
    await sink.append(records, 1);
    await sink.commit('');
    await sink.close();
    const path = (kind: string) =>
      join(outputDir, 'BTCUSDT', `${kind}_2026-01-02.${kind === 'rejected' ? 'jsonl' : 'csv'}`);
    const seen: unknown[] = [];
    const see = (value: unknown) => void seen.push(value);
    await visitMarketFile(path('aggtrade'), 'aggtrade', see);
    await visitMarketFile(path('kline'), 'kline', see);
    await visitGapsFile(path('gaps'), see);
    await visitOrderbookFile(path('orderbook'), see);
    await visitRejectedFile(path('rejected'), { ended: see });
    const values = { open: 1, high: 3, low: 0.5, close: 2, volume: 9, takerBuyVolume: 4, tradeCount: 3 };
    const closed = { kind: 'kline', interval: '1m', isClosed: true, receivedAtUs: NOON_US, ...values };
    const bids = [['1.0', '2'], ['0.9', '3']]; // prettier-ignore
    const block = { lastUpdateId: 44, bids, asks: [['1.1', '4']] };
    expect(seen).toMatchObject([
      { kind: 'aggtrade', line: 2, id: 7, firstTradeId: 7, lastTradeId: 7, tradeTimeMs: 4, isRest: false },
      { ...closed, line: 2, openTimeMs: 60_000, firstTradeId: 1, lastTradeId: 3, isRest: false },
      {
        ...closed,
        line: 3,
        openTimeMs: 120_000,
        firstTradeId: undefined,
        isRest: true,
        eventTimeMs: undefined,
      },
      { fileLine: 2, gap: { ...gap, line: 2, lastTimeUs: undefined } },
      { fileLine: 3, gap: { stream: 'BTCUSDT@ticker', reason: 'malformed', lastId: undefined } },
      { ...block, line: 2, receivedAtUs: NOON_US, isLast: false },
      { ...block, line: 5, receivedAtUs: NOON_US + 1, isLast: true },
      { lines: 1 },
    ]);
    expect((await symbolFiles(outputDir)).map(({ symbol, files: found }) => [symbol, found.length])).toEqual([['BTCUSDT', 5]]); // prettier-ignore
    expect((await storedEnds(outputDir)).size).toBe(5);
  });

  it.each([
    ['too few columns', '7,1,2', 'expected 11 columns, was 3'],
    ['too many columns', `${AGG_TRADE},x`, 'expected 11 columns, was 12'],
    [
      'a letter in a price',
      AGG_TRADE.replace('60000', '6O000'),
      'expected a plain decimal in price, was "6O000.10"',
    ],
    ['an exponent', AGG_TRADE.replace('60000.10', '6e4'), 'expected a plain decimal in price, was "6e4"'],
    ['a point in an id', AGG_TRADE.replace(/^7/, '7.5'), 'expected an integer in agg_trade_id, was "7.5"'],
    ['an id beyond 2^53', AGG_TRADE.replace(/^7/, '9'.repeat(17)), 'expected an integer in agg_trade_id'],
    ['another word for true', AGG_TRADE.replace('true', 'True'), 'expected true or false in is_buyer_maker'],
    ['an unknown source', AGG_TRADE.replace('ws', 'ftp'), 'expected ws or rest in source, was "ftp"'],
    ['no receipt', AGG_TRADE.replace('1767355200000000', ''), 'expected a number in local_time, was ""'],
  ])('reject a row with %s, say where, and go on', async (_, row, problem) => {
    const [rejection, ...rest] = await told('aggtrade', aggTrades(row, AGG_TRADE));
    expect(rejection).toEqual([2, expect.stringContaining(problem)]);
    expect(rest).toMatchObject([{ id: 7, line: 3 }, ['ended', 3]]);
  });

  it('leave an unfinished last line out, and tell of it', async () => {
    const seen = await told('aggtrade', aggTrades(AGG_TRADE) + AGG_TRADE.slice(0, 20));
    expect(seen).toMatchObject([{ id: 7 }, ['unfinished', 3, 20], ['ended', 2]]);
    expect(await told('aggtrade', fileHeader('aggtrade')!.slice(0, 9))).toEqual([['unfinished', 1, 9], ['ended', 0]]); // prettier-ignore
  });

  it('name the line at which a packed file was cut, behind every whole row', async () => {
    const packed = gzipSync(
      aggTrades(...Array.from({ length: 50 }, (_, id) => AGG_TRADE.replace(/^7/, `${id}`))),
    );
    const seen: number[] = [];
    const path = file(packed.subarray(0, -12));
    const error: unknown = await visitMarketFile(path, 'aggtrade', ({ line }) => seen.push(line)).catch(
      (cause: unknown) => cause,
    );
    expect(seen.length).toBeGreaterThan(30);
    expect(error).toMatchObject({ code: 'SEGMENT_CORRUPT', line: seen.length + 2 });
  });

  it.each([
    ['another header', 'a,b\n', 'HEADER_MISMATCH'],
    ['the unfinished line of another header', 'a,b', 'HEADER_MISMATCH'],
    ['a broken row that nobody listens for', aggTrades('x'), 'ROW_BROKEN'],
    ['a line beyond 64 KiB', aggTrades('1'.repeat(70_000)), 'SEGMENT_CORRUPT'],
  ])('throw for %s', async (_, content, code) => {
    await expect(visitMarketFile(file(content), 'aggtrade', () => undefined)).rejects.toMatchObject({ code });
  });

  it('reject levels of a stored book that are out of order', async () => {
    const rows = [
      '5,,44,bid,0,1.0,2',
      '5,,44,bid,2,0.8,2',
      '5,,44,ask,0,1.1,2',
      '5,,44,bid,1,0.9,2',
      '5,,44,mid,0,1,1',
    ];
    const problems: unknown[] = [];
    const blocks: unknown[] = [];
    const path = file([fileHeader('orderbook'), ...rows, ''].join('\n'));
    await visitOrderbookFile(path, (block) => blocks.push(block), { rejected: ({ line, problem }) => problems.push([line, problem]) }); // prettier-ignore
    expect(problems).toEqual([
      [3, 'expected bid level 1, was 2'],
      [5, 'expected an ask behind asks, was a bid'],
      [6, 'expected side bid or ask, was "mid"'],
    ]);
    expect(blocks).toMatchObject([{ line: 2, bids: [['1.0', '2']], asks: [['1.1', '2']], isLast: true }]);
  });

  it('give the same whatever the size of a read, packed or not', async () => {
    const row = fc.oneof(
      fc.nat().map((id) => AGG_TRADE.replace(/^7/, `${id}`)),
      fc.constantFrom('', 'x', '1,2', AGG_TRADE.slice(0, 30), `${AGG_TRADE}é`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 20 }),
        fc.integer({ min: 1, max: 300 }),
        async (rows, readBytes) => {
          const content = aggTrades(...rows);
          const whole = await told('aggtrade', content);
          expect(await told('aggtrade', content, readBytes)).toEqual(whole);
          expect(await told('aggtrade', gzipSync(content))).toEqual(whole);
        },
      ),
      { numRuns: 50 },
    );
  });
});
