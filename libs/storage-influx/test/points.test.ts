import { RECORD_TYPE } from '@org/storage';
import { InfluxSink, type InfluxSinkOptions } from '@org/storage-influx';
import fc from 'fast-check';
import { fakeInflux } from './fake-influx.ts';
import { aggTrade, batchOf, frame, NOON_MS, NOON_US, type TestRecord } from './influx-server.ts';

const fake = fakeInflux();

async function openSink(options: Partial<InfluxSinkOptions> = {}): Promise<InfluxSink> {
  const sink = new InfluxSink({ url: fake().url, target: { database: 'test' }, ...options });
  await sink.open();
  return sink;
}

/** The lines that records become. */
async function linesOf(records: readonly TestRecord[], options: Partial<InfluxSinkOptions> = {}) {
  const sink = await openSink(options);
  const before = fake().lines.length;
  await sink.append(batchOf(...records), 1);
  await sink.close();
  return fake().lines.slice(before);
}

async function rejectionsOf(...records: readonly TestRecord[]): Promise<string[]> {
  const problems: string[] = [];
  const sink = await openSink({ events: { rejected: ({ problem }) => problems.push(problem) } });
  await sink.append(batchOf(...records), 1);
  expect(sink.stats()).toMatchObject({ rows: 0, rejected: problems.length });
  await sink.close();
  return problems;
}

const T = NOON_MS;

describe('points', () => {
  it('are aggregate trades, by id within their ms, with the taker as a tag', async () => {
    const trade = aggTrade(1_234_567, { m: true, nq: '0.005' });
    expect(await linesOf([{ ...trade, receivedAtUs: NOON_US + 7.5 }])).toEqual([
      'aggtrade,side=sell,symbol=BTCUSDT price=60000.10,quantity=0.010,normal_quantity=0.005,agg_trade_id=1234567i,' +
        `first_trade_id=1234567i,last_trade_id=1234567i,transact_time=${T}i,event_time=${T + 2}i,` +
        `local_time=${NOON_US + 7}i,source="ws" ${T}234567`,
    ]);
  });

  it('are trades', async () => {
    const data = { e: 'trade', E: T + 1, T, s: 'BTCUSDT', t: 42, p: '0.1', q: '12', X: 'MARKET', m: false };
    expect(await linesOf([{ stream: 'BTCUSDT@trade', payload: frame(data) }])).toEqual([
      'trade,side=buy,symbol=BTCUSDT price=0.1,quantity=12,trade_id=42i,execution_type="MARKET",' +
        `trade_time=${T}i,event_time=${T + 1}i,local_time=${NOON_US}i ${T}000042`,
    ]);
  });

  it('are book tickers, at the receipt where the exchange sends no time', async () => {
    const data = { u: 9_000_001, s: 'BTCUSDT', b: '1.0', B: '2', a: '1.5', A: '3' };
    const futures = { e: 'bookTicker', E: T + 1, T, ...data };
    const stream = 'BTCUSDT@bookTicker';
    expect(await linesOf([{ stream, payload: frame(futures) }, { stream, payload: frame(data) }])).toEqual([
      'bookticker,symbol=BTCUSDT best_bid_price=1.0,best_bid_qty=2,best_ask_price=1.5,best_ask_qty=3,' +
        `update_id=9000001i,transaction_time=${T}i,event_time=${T + 1}i,local_time=${NOON_US}i ${T}000001`,
      'bookticker,symbol=BTCUSDT best_bid_price=1.0,best_bid_qty=2,best_ask_price=1.5,best_ask_qty=3,' +
        `update_id=9000001i,local_time=${NOON_US}i ${T}000001`,
    ]); // prettier-ignore
  });

  const bar = {
    t: T,
    T: T + 59_999,
    s: 'BTCUSDT',
    i: '1m',
    f: 1,
    L: 9,
    o: '1',
    h: '4',
    l: '0.5',
    c: '2',
    v: '7',
  };
  const more = { n: 9, q: '8', V: '3', Q: '5', B: '0' };
  const kline = (E: number, x: boolean) => ({
    stream: 'BTCUSDT@kline_1m',
    payload: frame({ e: 'kline', E, s: 'BTCUSDT', k: { ...bar, x, ...more } }),
  });

  it('are bars at their open time, one ns later for each ms of their age', async () => {
    const lines = await linesOf([kline(T + 250, false), kline(T + 60_012, true)]);
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual([`${T}000250`, `${T}060012`]);
    expect(lines[1]).toBe(
      'kline,interval=1m,symbol=BTCUSDT open=1,high=4,low=0.5,close=2,volume=7,quote_volume=8,count=9i,' +
        `taker_buy_volume=3,taker_buy_quote_volume=5,is_closed=true,open_time=${T}i,close_time=${T + 59_999}i,` +
        `first_trade_id=1i,last_trade_id=9i,event_time=${T + 60_012}i,local_time=${NOON_US}i,source="ws" ${T}060012`,
    );
  });

  it('are bars that nobody traded in, whose ids are -1', async () => {
    const k = { ...bar, ...more, f: -1, L: -1, x: false };
    const [line] = await linesOf([
      { stream: 'BTCUSDT@kline_1m', payload: frame({ e: 'kline', E: T, s: 'BTCUSDT', k }) },
    ]);
    expect(line).toContain(',first_trade_id=-1i,last_trade_id=-1i,');
  });

  it('are the rows that REST brought for a gap, where the stream would have put them', async () => {
    const trades = [{ a: 5, p: '1.5', q: '2', f: 6, l: 7, T, m: false }];
    const bars = [[T, '1', '4', '0.5', '2', '7', T + 59_999, '8', 9, '3', '5', '0']];
    const type = RECORD_TYPE.restRows;
    const receivedAtUs = NOON_US + 90_000_000;
    expect(
      await linesOf([
        { type, payload: trades, receivedAtUs },
        { type, stream: 'BTCUSDT@kline_1m', payload: bars, receivedAtUs },
      ]),
    ).toEqual([
      'aggtrade,side=buy,symbol=BTCUSDT price=1.5,quantity=2,agg_trade_id=5i,first_trade_id=6i,last_trade_id=7i,' +
        `transact_time=${T}i,local_time=${receivedAtUs}i,source="rest" ${T}000005`,
      'kline,interval=1m,symbol=BTCUSDT open=1,high=4,low=0.5,close=2,volume=7,quote_volume=8,count=9i,' +
        `taker_buy_volume=3,taker_buy_quote_volume=5,is_closed=true,open_time=${T}i,close_time=${T + 59_999}i,` +
        `local_time=${receivedAtUs}i,source="rest" ${T}060000`,
    ]);
  });

  it('are mark prices, liquidations and 24-hour figures, by the µs of their receipt', async () => {
    const s = 'BTCUSDT';
    const mark = { e: 'markPriceUpdate', E: T, s, p: '1.5', i: '1.4', P: '1.3', r: '-0.0001', T: T + 1000 };
    const order = {
      s,
      S: 'SELL',
      o: 'LIMIT',
      f: 'IOC',
      q: '1',
      p: '2',
      ap: '2',
      X: 'FILLED',
      l: '1',
      z: '1',
      T,
    };
    const mini = { e: '24hrMiniTicker', E: T, s, c: '1', o: '2', h: '3', l: '0', v: '5', q: '6' };
    const receivedAtUs = NOON_US + 2_123_456;
    const lines = await linesOf([
      { stream: 'BTCUSDT@markPrice@1s', payload: frame(mark), receivedAtUs },
      { stream: 'BTCUSDT@forceOrder', payload: frame({ e: 'forceOrder', E: T, o: order }), receivedAtUs },
      { stream: 'BTCUSDT@miniTicker', payload: frame(mini), receivedAtUs },
    ]);
    expect(lines).toEqual([
      'markprice,stream=markPrice@1s,symbol=BTCUSDT mark_price=1.5,index_price=1.4,estimated_settle_price=1.3,' +
        `funding_rate=-0.0001,next_funding_time=${T + 1000}i,event_time=${T}i,local_time=${receivedAtUs}i ${T}123456`,
      'forceorder,side=sell,symbol=BTCUSDT price=2,quantity=1,average_price=2,last_filled_quantity=1,filled_quantity=1,' +
        `order_type="LIMIT",time_in_force="IOC",order_status="FILLED",trade_time=${T}i,event_time=${T}i,` +
        `local_time=${receivedAtUs}i ${T}123456`,
      'miniticker,symbol=BTCUSDT close_price=1,open_price=2,high_price=3,low_price=0,volume=5,quote_volume=6,' +
        `event_time=${T}i,local_time=${receivedAtUs}i ${T}123456`,
    ]);
  });

  const book = (levels: number, asks = levels) => ({
    type: RECORD_TYPE.bookSnapshot,
    stream: 'BTCUSDT@depth@0ms',
    receivedAtUs: NOON_US + 3,
    payload: {
      symbol: 'BTCUSDT',
      eventTimeMs: T,
      lastUpdateId: 77,
      bids: Array.from({ length: levels }, (_, level) => [`${100 - level}.0`, '1']),
      asks: Array.from({ length: asks }, (_, level) => [`${101 + level}.0`, '2']),
    },
  });

  it('are the levels of a book, both sides in one point, at the time that was sampled', async () => {
    expect(await linesOf([book(2, 1)])).toEqual([
      'orderbook,level=0,symbol=BTCUSDT bid_price=100.0,bid_quantity=1,ask_price=101.0,ask_quantity=2,' +
        `last_update_id=77i,event_time=${T}i,local_time=${NOON_US + 3}i ${NOON_US + 3}000`,
      'orderbook,level=1,symbol=BTCUSDT bid_price=99.0,bid_quantity=1,' +
        `last_update_id=77i,event_time=${T}i,local_time=${NOON_US + 3}i ${NOON_US + 3}000`,
    ]);
    expect(await linesOf([book(100)])).toHaveLength(20);
    expect(await linesOf([book(100)], { bookLevels: 3 })).toHaveLength(3);
    expect(await linesOf([book(0)])).toEqual([]);
  });

  const gap = {
    stream: 'BTCUSDT@depth@0ms',
    reason: 'sequence',
    lastId: 10,
    nextId: 20,
    lastTimeUs: NOON_US + 5_500,
    nextTimeUs: NOON_US + 9_000,
    detectedAtUs: NOON_US + 9_001,
    line: 0,
    healedBy: '',
  };
  const gapRecord = (payload: object) => ({ type: RECORD_TYPE.gap, stream: gap.stream, payload });

  it('are gaps from their first to their last moment, with a text for an annotation', async () => {
    const [line] = await linesOf([gapRecord({ ...gap, healedBy: 'a "quoted" \\ name' })]);
    expect(line).toMatch(
      new RegExp(
        '^gaps,reason=sequence,stream=depth@0ms,symbol=BTCUSDT last_id=10i,next_id=20i,' +
          `last_time=${NOON_US + 5_500}i,next_time=${NOON_US + 9_000}i,detected_at=${NOON_US + 9_001}i,line=0i,` +
          `end_time=${T + 9}i,healed_by="a \\\\"quoted\\\\" \\\\\\\\ name",text="sequence: 10 to 20" ${T + 5}\\d{6}$`,
      ),
    );
  });

  it('of one gap take one place, whatever is known later of what healed it', async () => {
    const lines = await linesOf([
      gapRecord(gap),
      gapRecord({ ...gap, healedBy: 'rest', detectedAtUs: NOON_US + 60_000 }),
      gapRecord({ ...gap, lastId: 11 }),
    ]);
    const [open, healed, other] = lines.map((line) => line.split(' ').at(-1));
    expect(healed).toBe(open);
    expect(other).not.toBe(open);
  });

  it('have a gap without ids and times at its detection', async () => {
    const known = { stream: gap.stream, reason: 'restart', detectedAtUs: NOON_US, line: 1, healedBy: '' };
    const [line] = await linesOf([gapRecord(known)]);
    expect(line).toContain(`symbol=BTCUSDT detected_at=${NOON_US}i,line=1i,end_time=${T}i,healed_by="",`);
    expect(line).toContain(`text="restart: ? to ?" ${T}`);
  });

  it('keep the exchange’s own text beside each float, if asked', async () => {
    const [line] = await linesOf([aggTrade(1)], { keepsText: true });
    expect(line).toContain(
      ' price=60000.10,price_text="60000.10",quantity=0.010,quantity_text="0.010",agg_trade_id=1i',
    );
    const [level] = await linesOf([book(1)], { keepsText: true });
    expect(level).toContain(
      ' bid_price=100.0,bid_price_text="100.0",bid_quantity=1,bid_quantity_text="1",ask_price=',
    );
  });

  it('are tagged with symbols of any script', async () => {
    const stream = '币安人生USDT@aggTrade';
    const [line] = await linesOf([{ ...aggTrade(1, { s: '币安人生USDT' }), stream }]);
    expect(line).toMatch(/^aggtrade,side=buy,symbol=币安人生USDT price=/);
  });

  it('are not made of full depth, which is counted and passed by', async () => {
    const sink = await openSink();
    const depth = { stream: 'BTCUSDT@depth@0ms' };
    const diff = {
      ...depth,
      payload: frame({ e: 'depthUpdate', s: 'BTCUSDT', E: T, U: 1, u: 2, pu: 0, b: [], a: [] }),
    };
    const snapshot = {
      ...depth,
      type: RECORD_TYPE.depthSnapshot,
      payload: { lastUpdateId: 1, bids: [], asks: [] },
    };
    const doubt = { ...depth, type: RECORD_TYPE.doubt, payload: { reason: 'reconnect', isEnd: false } };
    const tick = { ...depth, type: RECORD_TYPE.tick, payload: '' };
    await sink.append(batchOf(diff, snapshot, doubt, tick, aggTrade(1)), 1);
    expect(sink.stats()).toMatchObject({ records: 5, rows: 1, passedBy: 2, rejected: 0 });
    await sink.close();
  });

  it.each<[string, TestRecord]>([
    ['no JSON', { payload: 'not market data' }],
    ['another event', { payload: frame({ e: 'trade', s: 'BTCUSDT' }) }],
    ['another symbol', aggTrade(1, { s: 'ETHUSDT' })],
    ['another interval', { ...kline(T, false), stream: 'BTCUSDT@kline_5m' }],
    ['a price that is no decimal', aggTrade(1, { p: '1.2.3' })],
    ['a price with an exponent', aggTrade(1, { p: '1e5' })],
    ['a price in words', aggTrade(1, { p: '1,x=2' })],
    ['a price of a thousand digits', aggTrade(1, { p: '9'.repeat(1000) })],
    ['no price', aggTrade(1, { p: undefined })],
    ['an empty price', aggTrade(1, { p: '' })],
    ['an id that no integer holds', aggTrade(1, { a: '99999999999999999999' })],
    ['a negative id', aggTrade(-1)],
    ['a time that is none', aggTrade(1, { T: 'now' })],
    ['a time behind all times', aggTrade(1, { T: 9e15 })],
    ['the time 0', aggTrade(1, { T: 0 })],
    ['neither side', aggTrade(1, { m: 'maybe' })],
    ['an unknown stream', { ...aggTrade(1), stream: 'BTCUSDT@unknown' }],
    ['no symbol', { ...aggTrade(1), stream: 'aggTrade' }],
    ['a receipt that is none', { ...aggTrade(1), receivedAtUs: Number.NaN }],
    ['REST rows that are no array', { type: RECORD_TYPE.restRows, payload: {} }],
    ['REST rows that are no objects', { type: RECORD_TYPE.restRows, payload: [1] }],
    [
      'REST rows of a stream that has none',
      { type: RECORD_TYPE.restRows, stream: 'BTCUSDT@trade', payload: [{}] },
    ],
    ['a gap that is none', gapRecord([])],
    ['a gap of an unknown reason', gapRecord({ ...gap, reason: 'x y' })],
    ['a gap of a stream that is none', gapRecord({ ...gap, stream: 'BTCUSDT@a b' })],
    ['a gap with a line break', gapRecord({ ...gap, healedBy: 'a\nb' })],
    ['a book of another symbol', { ...book(1), stream: 'ETHUSDT@depth@0ms' }],
    ['a book without sides', { ...book(1), payload: { symbol: 'BTCUSDT', lastUpdateId: 1 } }],
    [
      'a level that is no decimal',
      { ...book(1), payload: { symbol: 'BTCUSDT', lastUpdateId: 1, bids: [['a', 'b']], asks: [] } },
    ],
    ['a type that nobody knows', { ...aggTrade(1), type: 99 as typeof RECORD_TYPE.frame }],
  ])('are not made of a record with %s', async (_what, record) => {
    expect(await rejectionsOf(record)).toHaveLength(1);
  });

  it('are made of a record as a whole or not at all', async () => {
    const row = { a: 5, p: '1.5', q: '2', f: 6, l: 7, T, m: false };
    const lines = await linesOf([
      aggTrade(1),
      aggTrade(2, { q: undefined }),
      { type: RECORD_TYPE.restRows, payload: [row, { ...row, a: 6, q: 'two' }] },
      aggTrade(3),
    ]);
    expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([
      'aggtrade,side=buy,symbol=BTCUSDT',
      'gaps,reason=malformed,stream=aggTrade,symbol=BTCUSDT',
      'aggtrade,side=buy,symbol=BTCUSDT',
    ]);
  });

  it('say that an event is missing where a frame could not become one', async () => {
    const broken = { payload: 'not market data', order: 6, follows: 5 };
    const [first, second] = await linesOf([broken, { ...broken, payload: 'nor this' }]);
    expect(first).toContain('gaps,reason=malformed,stream=aggTrade,symbol=BTCUSDT last_id=5i,next_id=7i,');
    expect(first?.split(' ').at(-1)).not.toBe(second?.split(' ').at(-1));
  });

  it('are the same however their records are cut into batches, and each has a time of its own', async () => {
    const steps = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 40 });
    const first = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1_000_000 });
    await fc.assert(
      fc.asyncProperty(first, steps, fc.integer({ min: 1, max: 10 }), async (id, gaps, batchLength) => {
        let next = id;
        const records = gaps.map((step) => aggTrade((next += step)));
        const whole = await linesOf(records);
        const parts: string[] = [];
        for (let at = 0; at < records.length; at += batchLength)
          parts.push(...(await linesOf(records.slice(at, at + batchLength))));
        expect(parts).toEqual(whole);
        expect(new Set(whole.map((line) => line.split(' ').at(-1))).size).toBe(gaps.length);
      }),
      { numRuns: 20 },
    );
  });
});
