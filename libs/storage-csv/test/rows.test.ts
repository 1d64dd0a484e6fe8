import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORD_TYPE } from '@org/storage';
import { CsvSink, fileHeader } from '@org/storage-csv';
import {
  aggTradeFrame,
  batchOf,
  depthFrame,
  filesBelow,
  frame,
  linesOf,
  newStore,
  NOON_US,
  recordings,
  rowsOf,
  temporaryFolder,
  withRecordings,
  type TestRecord,
} from './store.ts';

const folder = temporaryFolder();
const DAY = '2026-01-02';

interface Stored {
  readonly outputDir: string;
  readonly rejections: readonly { stream: string; problem: string }[];
  readonly sink: CsvSink;
}

async function store(...records: readonly TestRecord[]): Promise<Stored> {
  const outputDir = newStore(folder);
  const rejections: { stream: string; problem: string }[] = [];
  const sink = new CsvSink({ outputDir, events: { rejected: (rejection) => rejections.push(rejection) } });
  await sink.open();
  await sink.append(batchOf(...records), 1);
  await sink.close();
  return { outputDir, rejections, sink };
}

async function storedLines(kind: string, ...records: readonly TestRecord[]): Promise<string[]> {
  const { outputDir, rejections } = await store(...records);
  expect(rejections).toEqual([]);
  expect(filesBelow(outputDir)).toEqual([`BTCUSDT/${kind}_${DAY}.csv`]);
  const [header, ...rows] = linesOf(join(outputDir, `BTCUSDT/${kind}_${DAY}.csv`));
  expect(header).toBe(fileHeader(kind));
  return rows;
}

describe('the rows of a stream', () => {
  it('have the columns of the contract', () => {
    expect(fileHeader('aggtrade')).toBe('agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,normal_quantity,event_time,local_time,source'); // prettier-ignore
    expect(fileHeader('depth')).toBe('local_time,event_time,transaction_time,first_update_id,final_update_id,prev_final_update_id,update_type,side,price,quantity'); // prettier-ignore
    expect(fileHeader('kline')).toBe('open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore,interval,is_closed,first_trade_id,last_trade_id,event_time,local_time'); // prettier-ignore
    expect(fileHeader('orderbook')).toBe('local_time,event_time,last_update_id,side,level,price,quantity');
    expect(fileHeader('gaps')).toBe(
      'stream,reason,last_id,next_id,last_time,next_time,detected_at,line,healed_by',
    );
    expect(fileHeader('bookticker')).toBe('update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time,local_time'); // prettier-ignore
    expect(fileHeader('trade')).toBe('trade_id,price,quantity,trade_time,is_buyer_maker,execution_type,event_time,local_time'); // prettier-ignore
    expect(fileHeader('nothing')).toBeUndefined();
  });

  it.each<[string, string, object, string]>([
    ['aggtrade', 'aggTrade', { e: 'aggTrade', E: 5, a: 1, s: 'BTCUSDT', p: '1.50', q: '2.000', f: 7, l: 9, T: 4, m: false, nq: '1.900', st: 1 }, `1,1.50,2.000,7,9,4,false,1.900,5,${NOON_US},ws`], // prettier-ignore
    ['aggtrade', 'aggTrade', { st: 1, m: true, T: 4, l: 9, f: 7, q: '2', p: '1', s: 'BTCUSDT', a: 1, E: 5, e: 'aggTrade', new: {} }, `1,1,2,7,9,4,true,,5,${NOON_US},ws`], // prettier-ignore
    [
      'bookticker',
      'bookTicker',
      { u: 1, s: 'BTCUSDT', b: '1.0', B: '2', a: '3', A: '4' },
      `1,1.0,2,3,4,,,${NOON_US}`,
    ],
    ['trade', 'trade', { e: 'trade', E: 5, T: 4, s: 'BTCUSDT', t: 3, p: '0', q: '0', X: 'NA', m: true }, `3,0,0,4,true,NA,5,${NOON_US}`], // prettier-ignore
    ['trade', 'trade', { e: 'trade', E: 5, T: 4, s: 'BTCUSDT', t: 3, p: '1', q: '2', m: true }, `3,1,2,4,true,,5,${NOON_US}`], // prettier-ignore
    ['markprice', 'markPrice@1s', { e: 'markPriceUpdate', E: 5, s: 'BTCUSDT', p: '1.1', P: '1.2', i: '1.3', r: '-0.00010000', T: 8, ap: '1.4' }, `1.1,1.4,1.3,1.2,-0.00010000,8,5,${NOON_US}`], // prettier-ignore
    ['markprice', 'markPrice', { e: 'markPriceUpdate', E: 5, s: 'BTCUSDT', p: '1.1', P: '1.2', r: '', T: 0 }, `1.1,,,1.2,,0,5,${NOON_US}`], // prettier-ignore
    ['forceorder', 'forceOrder', { e: 'forceOrder', E: 5, o: { s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '1', p: '2', ap: '3', X: 'FILLED', l: '4', z: '5', T: 6 } }, `6,SELL,LIMIT,IOC,1,2,3,FILLED,4,5,5,${NOON_US}`], // prettier-ignore
    ['ticker', 'ticker', { e: '24hrTicker', E: 5, s: 'BTCUSDT', p: '-1', P: '-0.1', w: '2', c: '3', Q: '4', o: '5', h: '6', l: '7', v: '8', q: '9', O: 10, C: 11, F: 12, L: 13, n: 14 }, `-1,-0.1,2,3,4,5,6,7,8,9,10,11,12,13,14,5,${NOON_US}`], // prettier-ignore
    ['miniticker', 'miniTicker', { e: '24hrMiniTicker', E: 5, s: 'BTCUSDT', c: '1', o: '2', h: '3', l: '4', v: '5', q: '6' }, `1,2,3,4,5,6,5,${NOON_US}`], // prettier-ignore
    ['kline', 'kline_1m', { e: 'kline', E: 5, s: 'BTCUSDT', k: { t: 1, T: 2, s: 'BTCUSDT', i: '1m', f: -1, L: -1, o: '1', c: '2', h: '3', l: '4', v: '0', n: 0, x: true, q: '0', V: '0', Q: '0', B: '0' } }, `1,1,3,4,2,0,2,0,0,0,0,0,1m,true,-1,-1,5,${NOON_US}`], // prettier-ignore
  ])('hold a frame of kind %s (%s)', async (kind, stream, data, row) => {
    expect(await storedLines(kind, { stream: `BTCUSDT@${stream}`, payload: frame(data) })).toEqual([row]);
  });

  it('are one per level for depth, bids first, and one without levels for an empty message', async () => {
    const stream = 'BTCUSDT@depth@0ms';
    const rows = await storedLines(
      'depth',
      { stream, payload: depthFrame(9, [['1.0', '2'], ['0.9', '0.000']], [['1.1', '3']]) }, // prettier-ignore
      { stream, payload: depthFrame(10, [], [['1.2', '4']]) },
      { stream, payload: depthFrame(11, [], []) },
      {
        stream,
        type: RECORD_TYPE.depthSnapshot,
        payload: { lastUpdateId: 12, E: 7, T: 6, bids: [['1', '2']], asks: [] },
      },
      { stream, type: RECORD_TYPE.depthSnapshot, payload: { lastUpdateId: -1, bids: [], asks: [] } },
      { stream, payload: depthFrame(13, [['1', '1']], [], { T: undefined, pu: undefined }) },
    );
    expect(rows).toEqual([
      `${NOON_US},5,4,8,9,7,diff,bid,1.0,2`,
      `${NOON_US},5,4,8,9,7,diff,bid,0.9,0.000`,
      `${NOON_US},5,4,8,9,7,diff,ask,1.1,3`,
      `${NOON_US},5,4,9,10,8,diff,ask,1.2,4`,
      `${NOON_US},5,4,10,11,9,diff,,,`,
      `${NOON_US},7,6,,12,,snapshot,bid,1,2`,
      `${NOON_US},,,,-1,,snapshot,,,`,
      `${NOON_US},5,,12,13,,diff,bid,1,1`,
    ]);
  });

  it('hold REST aggTrades that repair a gap, marked as such', async () => {
    const stream = 'BTCUSDT@aggTrade';
    const restRows = [
      {
        a: 26129,
        p: '0.01633102',
        q: '4.70443515',
        nq: '4.7',
        f: 27781,
        l: 27781,
        T: 1498793709153,
        m: true,
      },
      { a: 26130, p: '1', q: '2', f: 1, l: 2, T: 3, m: false },
    ];
    const rows = await storedLines('aggtrade', { stream, payload: aggTradeFrame(1) }, { stream, type: RECORD_TYPE.restRows, payload: restRows }); // prettier-ignore
    expect(rows).toEqual([
      `1,60000.10,0.010,1,1,4,true,,5,${NOON_US},ws`,
      `26129,0.01633102,4.70443515,27781,27781,1498793709153,true,4.7,,${NOON_US},rest`,
      `26130,1,2,1,2,3,false,,,${NOON_US},rest`,
    ]);
  });

  it('hold REST klines, of which the bar that is still open is not closed', async () => {
    const nowMs = NOON_US / 1000;
    const bar = (closeTime: number) => [1, '1.0', '4', '0.5', '2', '10', closeTime, '20', 3, '5', '6', '0'];
    const payload = [bar(nowMs - 1), bar(nowMs + 60_000)];
    const rows = await storedLines('kline', {
      stream: 'BTCUSDT@kline_5m',
      type: RECORD_TYPE.restRows,
      payload,
    });
    expect(rows).toEqual([
      `1,1.0,4,0.5,2,10,${nowMs - 1},20,3,5,6,0,5m,true,,,,${NOON_US}`,
      `1,1.0,4,0.5,2,10,${nowMs + 60_000},20,3,5,6,0,5m,false,,,,${NOON_US}`,
    ]);
  });

  withRecordings('hold real REST answers', async () => {
    const answers = JSON.parse(readFileSync(join(recordings, 'rest/responses.json'), 'utf8')) as Record<string, { body: unknown }[]>; // prettier-ignore
    const trades = answers['/fapi/v1/aggTrades']!.map(({ body }) => body).find((body) => Array.isArray(body)) as { a: number; p: string }[]; // prettier-ignore
    const { outputDir } = await store({ type: RECORD_TYPE.restRows, payload: trades });
    const rows = rowsOf(join(outputDir, `BTCUSDT/aggtrade_${DAY}.csv`));
    expect(rows.map((row) => [row['agg_trade_id'], row['price'], row['source']])).toEqual(trades.map(({ a, p }) => [String(a), p, 'rest'])); // prettier-ignore
    expect(rows.length).toBeGreaterThan(10);
  });

  it('hold gaps with empty cells for what is not known', async () => {
    const stream = 'BTCUSDT@depth@0ms';
    const gap = { stream, reason: 'sequence', lastId: 5, nextId: 9, lastTimeUs: 1, nextTimeUs: 2, detectedAtUs: 3, line: 1, healedBy: 'snapshot 12, "late"' }; // prettier-ignore
    const open = { stream, reason: 'restart', detectedAtUs: 4, line: 0, healedBy: '' };
    const type = RECORD_TYPE.gap;
    expect(
      await storedLines('gaps', { stream, type, payload: gap }, { stream, type, payload: open }),
    ).toEqual([`${stream},sequence,5,9,1,2,3,1,"snapshot 12, ""late"""`, `${stream},restart,,,,,4,0,`]);
  });

  it('lie in their own files when records of several types come from one stream', async () => {
    const stream = 'BTCUSDT@depth@0ms';
    const gap = { stream, reason: 'restart', detectedAtUs: 4, line: 0, healedBy: '' };
    const { outputDir, rejections } = await store(
      { stream, payload: depthFrame(9) },
      { stream, type: RECORD_TYPE.gap, payload: gap },
      { stream, payload: depthFrame(10) },
    );
    expect(rejections).toEqual([]);
    expect(rowsOf(join(outputDir, `BTCUSDT/depth_${DAY}.csv`))).toHaveLength(2);
    expect(rowsOf(join(outputDir, `BTCUSDT/gaps_${DAY}.csv`))).toHaveLength(1);
  });

  it('hold a block per book snapshot, each side from the touch', async () => {
    const book = { symbol: 'BTCUSDT', eventTimeMs: 8, lastUpdateId: 7, bids: [['2', '1'], ['1', '5.5']], asks: [['3', '4']] }; // prettier-ignore
    const rows = await storedLines('orderbook', {
      stream: 'BTCUSDT@depth@0ms',
      type: RECORD_TYPE.bookSnapshot,
      payload: book,
    });
    expect(rows).toEqual([
      `${NOON_US},8,7,bid,0,2,1`,
      `${NOON_US},8,7,bid,1,1,5.5`,
      `${NOON_US},8,7,ask,0,3,4`,
    ]);
  });

  it('lie in the folder of a symbol that is not ASCII', async () => {
    const stream = '币安人生USDT@aggTrade';
    const { outputDir } = await store({ stream, payload: aggTradeFrame(1, { s: '币安人生USDT' }) });
    expect(filesBelow(outputDir)).toEqual([`币安人生USDT/aggtrade_${DAY}.csv`]);
    expect(linesOf(join(outputDir, `币安人生USDT/aggtrade_${DAY}.csv`))).toHaveLength(2);
  });
});

describe('a record that cannot become rows', () => {
  const aggTrade = 'BTCUSDT@aggTrade';
  const depth = 'BTCUSDT@depth@0ms';
  const { frame: frameType, restRows, gap, bookSnapshot, depthSnapshot } = RECORD_TYPE;
  const gapOf = (more: object) => ({
    stream: depth,
    reason: 'restart',
    detectedAtUs: 4,
    line: 0,
    healedBy: '',
    ...more,
  });
  const bookOf = (more: object) => ({
    symbol: 'BTCUSDT',
    lastUpdateId: 7,
    bids: [],
    asks: [['1', '2']],
    ...more,
  });

  it.each<[string, TestRecord, RegExp]>([
    ['bytes that are not JSON', { payload: 'garbage' }, /./],
    ['a frame that is cut', { payload: aggTradeFrame(1).slice(0, -9) }, /./],
    [
      'a frame of another kind',
      { payload: depthFrame(1) },
      /expected a frame of kind aggTrade, was depthUpdate/,
    ],
    [
      'a frame of another symbol',
      { payload: aggTradeFrame(1, { s: 'ETHUSDT' }) },
      /expected symbol BTCUSDT, was "ETHUSDT"/,
    ],
    ['a frame without a price', { payload: aggTradeFrame(1, { p: undefined }) }, /expected "p", was absent/],
    [
      'a price that is a formula',
      { payload: aggTradeFrame(1, { p: '=1+1' }) },
      /expected a number for "p", was "=1\+1"/,
    ],
    ['a price with a comma', { payload: aggTradeFrame(1, { p: '1,5' }) }, /expected a number for "p"/],
    [
      'a flag that is none',
      { payload: aggTradeFrame(1, { m: 'maybe' }) },
      /expected true or false for "m", was "maybe"/,
    ],
    ['a word that is a formula', { stream: 'BTCUSDT@trade', payload: frame({ e: 'trade', E: 5, T: 4, s: 'BTCUSDT', t: 3, p: '1', q: '2', X: '=cmd()', m: true }) }, /expected a word for "X"/], // prettier-ignore
    ['a word with quotes and a line break', { stream: 'BTCUSDT@trade', payload: frame({ e: 'trade', E: 5, T: 4, s: 'BTCUSDT', t: 3, p: '1', q: '2', X: 'A"\n,', m: true }) }, /expected a word for "X"/], // prettier-ignore
    [
      'a level that is no decimal',
      {
        stream: depth,
        payload: depthFrame(9, [
          ['1', '1'],
          ['x', '1'],
        ]),
      },
      /./,
    ],
    ['a depth diff without ids', { stream: depth, payload: depthFrame(9, [], [], { u: undefined }) }, /./],
    ['a snapshot of another symbol', { stream: depth, type: depthSnapshot, payload: { lastUpdateId: 1, symbol: 'ETHUSDT', bids: [], asks: [] } }, /expected symbol BTCUSDT/], // prettier-ignore
    ['an error body instead of a snapshot', { stream: depth, type: depthSnapshot, payload: { code: -1121, msg: 'Invalid symbol.' } }, /./], // prettier-ignore
    ['REST rows that are no array', { type: restRows, payload: { code: -1003 } }, /expected an array/],
    [
      'a REST row without an id',
      { type: restRows, payload: [{ p: '1' }] },
      /expected a number for agg_trade_id, was null/,
    ],
    ['a REST row that is null', { type: restRows, payload: [null] }, /expected an object or an array/],
    ['REST rows of a stream without them', { stream: 'BTCUSDT@bookTicker', type: restRows, payload: [] }, /expected no REST rows/], // prettier-ignore
    ['REST rows of depth', { stream: depth, type: restRows, payload: [] }, /expected no REST rows/],
    [
      'a gap for no known reason',
      { stream: depth, type: gap, payload: gapOf({ reason: 'mood' }) },
      /"reason"/,
    ],
    [
      'a gap with a broken time',
      { stream: depth, type: gap, payload: gapOf({ detectedAtUs: 'now' }) },
      /"detectedAtUs"/,
    ],
    [
      'a gap whose note is a formula',
      { stream: depth, type: gap, payload: gapOf({ healedBy: '=1' }) },
      /"healedBy"/,
    ],
    [
      'a gap with a line break',
      { stream: depth, type: gap, payload: gapOf({ healedBy: 'a\nb' }) },
      /"healedBy"/,
    ],
    ['a gap that is no object', { stream: depth, type: gap, payload: 'null' }, /expected a JSON object/],
    [
      'a book of another symbol',
      { stream: depth, type: bookSnapshot, payload: bookOf({ symbol: 'ETHUSDT' }) },
      /"symbol"/,
    ],
    ['a book with a broken level', { stream: depth, type: bookSnapshot, payload: bookOf({ bids: [['1']] }) }, /"bid quantity"/], // prettier-ignore
    [
      'a stream of no known kind',
      { stream: 'BTCUSDT@depth20@100ms', payload: depthFrame(1) },
      /known stream/,
    ],
    [
      'a stream key without a symbol',
      { stream: '../../etc@aggTrade', payload: aggTradeFrame(1) },
      /stream key of a symbol/,
    ],
    ['a gap of no symbol', { stream: 'nothing', type: gap, payload: gapOf({}) }, /stream key of a symbol/],
    ['a receipt that is no time', { receivedAtUs: NaN, payload: aggTradeFrame(1) }, /expected a receipt/],
    ['a receipt before the epoch', { receivedAtUs: -1, payload: aggTradeFrame(1) }, /expected a receipt/],
    ['a type of a later version', { type: 99 as 1, payload: 'later' }, /./],
  ])('is counted, reported and kept as it came: %s', async (_name, record, problem) => {
    const neighbour = { stream: aggTrade, payload: aggTradeFrame(7) };
    const { outputDir, rejections, sink } = await store(neighbour, record, neighbour);
    const stream = record.stream ?? aggTrade;
    expect(rejections).toEqual([{ stream, problem: expect.stringMatching(problem) }]);
    expect(sink.stats()).toMatchObject({ records: 3, rows: 2, rejected: 1 });
    const neighbours = rowsOf(join(outputDir, `BTCUSDT/aggtrade_${DAY}.csv`));
    expect(neighbours.map((row) => row['agg_trade_id'])).toEqual(['7', '7']);
    const [kept] = filesBelow(outputDir).filter((path) => path.includes('rejected_'));
    const [line, ...others] = linesOf(join(outputDir, kept!));
    const payload = typeof record.payload === 'string' ? record.payload : JSON.stringify(record.payload);
    expect(JSON.parse(line!)).toMatchObject({ stream, problem: rejections[0]!.problem, frame: payload });
    expect(others).toEqual([]);
    expect(existsSync(join(outputDir, '..', 'etc'))).toBe(false);
    expect(record.type ?? frameType).toBeGreaterThan(0);
  });

  it('is kept as base64 when its bytes are not UTF-8', async () => {
    const payload = Buffer.from([0x7b, 0xff, 0x00]);
    const { outputDir } = await store({ payload });
    const [line] = linesOf(join(outputDir, `BTCUSDT/rejected_${DAY}.jsonl`));
    expect(JSON.parse(line!)).toMatchObject({
      local_time: NOON_US,
      frame_base64: payload.toString('base64'),
    });
  });

  it('leaves no part of its rows behind', async () => {
    const levels = [['1', '1'], ['2', '2'], ['3', 'x']]; // prettier-ignore
    const stream = 'BTCUSDT@depth@0ms';
    const { outputDir } = await store({ stream, payload: depthFrame(1) }, { stream, payload: depthFrame(2, levels) }, { stream, payload: depthFrame(3) }); // prettier-ignore
    expect(rowsOf(join(outputDir, `BTCUSDT/depth_${DAY}.csv`)).map((row) => row['final_update_id'])).toEqual([
      '1',
      '3',
    ]);
  });
});
