import { Buffer } from 'node:buffer';
import { StreamMerge } from '@org/continuity';
import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE } from '@org/storage';
import {
  aggTrade, barTime, batch, DEPTH, depth, doubt, entry, gapsOf, kline, KLINE, outcome, record, recordsOf,
  START_MS, tick, TICKER, ticker, TRADES,
} from './journal-entries.ts'; // prettier-ignore

const at = (ms: number) => (START_MS + ms) * 1000;

describe('one source with nothing odd', () => {
  it('gives the payload itself when every record is stored as it is', () => {
    const merge = new StreamMerge();
    const first = entry(
      'w',
      1,
      depth(1, 5, 0),
      aggTrade(7, 1),
      ticker(3, 2),
      ticker(3, 3),
      kline(0, true, 4),
    );
    const second = entry('w', 1, depth(5, 9, 5), aggTrade(8, 6), ticker(2, 7), kline(1, false, 60_001));
    expect(merge.take(first)).toBe(first.payload);
    expect(merge.take(second)).toBe(second.payload);
    expect(merge.isWaiting).toBe(false);
    expect(merge.stats()).toMatchObject({ events: 9, duplicates: 0, gaps: 0, switches: 0, heldFrames: 0 });
  });

  it('gives snapshots, book snapshots, and frames without an order as they are', () => {
    const merge = new StreamMerge();
    const { payload } = entry(
      'w', 1,
      record(RECORD_TYPE.depthSnapshot, DEPTH, 0, '{}'),
      record(RECORD_TYPE.bookSnapshot, DEPTH, 0, '{}'),
      record(RECORD_TYPE.frame, DEPTH, 0, 'unreadable'),
    ); // prettier-ignore
    expect(merge.take({ lane: 'w', epoch: 1, payload })).toBe(payload);
    expect(merge.take({ lane: 'v', epoch: 1, payload })).toBe(payload);
  });

  it('gives nothing for ticks, doubts and a batch without records', () => {
    const merge = new StreamMerge();
    expect(merge.take(entry('w', 1, tick(0), doubt(DEPTH, 0, 'reconnect')))).toBeUndefined();
    expect(merge.take(entry('w', 1))).toBeUndefined();
  });

  it('keeps the other records at their places when one does not come out', () => {
    const merge = new StreamMerge();
    const taken = entry('w', 1, depth(1, 5, 0), aggTrade(7, 1), depth(1, 5, 2), tick(3), depth(5, 6, 4));
    expect(outcome(merge, taken)).toEqual([5, 7, 6]);
    expect(merge.stats().duplicates).toBe(1);
  });
});

describe('chained ids of one source', () => {
  it('declare a hole directly before the event behind it', () => {
    const seen: GapRecord[] = [];
    const merge = new StreamMerge({ handlers: { gap: (gap) => seen.push(gap) } });
    merge.take(entry('w', 1, depth(1, 5, 0)));
    const records = recordsOf(merge.take(entry('w', 1, aggTrade(1, 1), depth(8, 9, 2, { line: 3 }))));
    expect(records.map(({ meta }) => meta.type)).toEqual([
      RECORD_TYPE.frame,
      RECORD_TYPE.gap,
      RECORD_TYPE.frame,
    ]);
    const gap = {
      stream: DEPTH, reason: 'sequence', lastId: 5, nextId: 8, lastTimeUs: at(0), nextTimeUs: at(2),
      detectedAtUs: at(2), line: 3, healedBy: '',
    }; // prettier-ignore
    expect(gapsOf(records)).toEqual([gap]);
    expect(records[1]!.meta).toMatchObject({ stream: DEPTH, receivedAtUs: at(2), line: 3, connectionId: 0 });
    expect(seen).toEqual([gap]);
    expect(merge.stats()).toMatchObject({ gaps: 1, gapsByStream: new Map([[DEPTH, 1]]) });
  });

  it('prove that nothing is missing after a doubt', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 5, 0)));
    expect(outcome(merge, entry('w', 1, doubt(DEPTH, 1, 'reconnect'), depth(5, 9, 2)))).toEqual([9]);
  });

  it('give a hole the reason of the first doubt before it', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 5, 0), doubt(DEPTH, 1, 'silence'), doubt(DEPTH, 1, 'reconnect')));
    expect(outcome(merge, entry('w', 1, depth(6, 9, 2), depth(10, 11, 3)))).toEqual([
      'silence 5>6', 9, 'sequence 9>10', 11,
    ]); // prettier-ignore
  });

  it('forget a doubt with the first repeat after it', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 5, 0), doubt(DEPTH, 1, 'reconnect'), depth(1, 5, 1)));
    expect(outcome(merge, entry('w', 1, depth(6, 9, 2)))).toEqual(['sequence 5>6', 9]);
  });

  it('join across a restart, or name the restart', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 5, 0)));
    expect(outcome(merge, entry('w', 2, depth(5, 9, 10)))).toEqual([9]);
    expect(outcome(merge, entry('w', 3, depth(12, 13, 20)))).toEqual(['restart 9>12', 13]);
    expect(outcome(merge, entry('w', 4, doubt(DEPTH, 30, 'overflow'), depth(15, 16, 31)))).toEqual([
      'overflow 13>15', 16,
    ]); // prettier-ignore
  });

  it('have no gap before the first event ever', () => {
    const merge = new StreamMerge();
    expect(outcome(merge, entry('w', 1, doubt(DEPTH, 0, 'reconnect'), depth(3, 4, 1)))).toEqual([4]);
  });

  it('cut an event that reaches back: U and pu in its bytes, follows beside them', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 99, 0)));
    const [stored] = recordsOf(merge.take(entry('w', 1, depth(7, 105, 1, {}, [['1.50', '0.10']]))));
    expect(stored!.meta).toMatchObject({ order: 105, follows: 99 });
    const [plain] = recordsOf(batch(depth(7, 105, 1, {}, [['1.50', '0.10']])));
    expect(stored!.text).toBe(plain!.text.replace('"U":8', '"U":100').replace('"pu":7', '"pu":99'));
    expect(merge.stats()).toMatchObject({ recut: 1, gaps: 0 });
  });

  it('cut a spot event, which has no pu and other places for its keys', () => {
    const merge = new StreamMerge();
    const spot = (U: number, u: number) =>
      record(
        RECORD_TYPE.frame,
        DEPTH,
        0,
        `{"u":${u},"e":"depthUpdate","E":9,"s":"B","U" : ${U},"b":[],"a":[]}`,
        {
          order: u,
          follows: U - 1,
        },
      );
    merge.take(entry('w', 1, spot(1, 9)));
    const [stored] = recordsOf(merge.take(entry('w', 1, spot(4, 12))));
    expect(stored!.text).toBe('{"u":12,"e":"depthUpdate","E":9,"s":"B","U" : 10,"b":[],"a":[]}');
    expect(stored!.meta.follows).toBe(9);
  });

  it('declare an overlap that cannot be cut', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, depth(1, 9, 0)));
    const odd = record(RECORD_TYPE.frame, DEPTH, 1, '{"U', { order: 12, follows: 7 });
    const escaped = record(
      RECORD_TYPE.frame, DEPTH, 2,
      '{"\\u0065":"depthUpdate","E":9,"s":"B","U":9,"u":14,"pu":8,"b":[],"a":[]}', { order: 14, follows: 8 },
    ); // prettier-ignore
    expect(outcome(merge, entry('w', 1, odd, escaped))).toEqual(['malformed 9>7', 12, 'malformed 12>8', 14]);
  });

  it('are named as each stream counts: the own id of a trade, pu of a diff, the value where there is no chain', () => {
    const merge = new StreamMerge();
    const trade = (t: number, ms: number) =>
      record(RECORD_TYPE.frame, 'BTCUSDT@trade', ms, '{}', { order: t, follows: t - 1 });
    merge.take(entry('w', 1, trade(1, 0), ticker(5, 0), doubt(TICKER, 1, 'reconnect')));
    expect(outcome(merge, entry('w', 1, trade(9, 1), ticker(8, 2)))).toEqual([
      'sequence 1>9', 9, 'reconnect 5>8', 8,
    ]); // prettier-ignore
  });
});

describe('ids that the exchange sets anew', () => {
  const repeats = (from: number, count: number, atMs: number, stepMs: number) =>
    Array.from({ length: count }, (_, n) => aggTrade(from + n, atMs + n * stepMs));

  it('are a break after more than 1000 repeats over more than ten seconds', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1_000_000, 0)));
    expect(outcome(merge, entry('w', 1, ...repeats(1, 1000, 1, 11)))).toEqual([]);
    const next = entry('w', 1, aggTrade(1001, 12_000), aggTrade(1002, 12_001));
    expect(outcome(merge, next)).toEqual(['sequence 1000000>1001', 1001, 1002]);
    expect(merge.repairs()).toEqual([]);
  });

  it('are no break when many repeats come at once, nor when they were received before the last event', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1_000_000, 50_000)));
    expect(outcome(merge, entry('standby', 1, ...repeats(1, 3000, 0, 16)))).toEqual([]);
    expect(outcome(merge, entry('standby', 1, ...repeats(1, 3000, 50_001, 1)))).toEqual([]);
  });

  it('are no break when a standby delivers an old backlog slowly', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1_000_000, 50_000)));
    const backlog = repeats(1, 3000, 0, 16).flatMap((trade, n) => [trade, tick(50_000 + 10 * n)]);
    expect(outcome(merge, entry('standby', 1, ...backlog))).toEqual([]);
  });

  it('end what was held with the ids before', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1_000_000, 0), ...repeats(1, 1000, 1, 11)));
    merge.take(entry('v', 1, aggTrade(1_000_000, 0)));
    merge.take(entry('v', 1, aggTrade(1_000_005, 11_999)));
    expect(merge.stats().heldFrames).toBe(1);
    expect(outcome(merge, entry('w', 1, aggTrade(1001, 12_000)))).toEqual([
      1_000_005,
      'sequence 1000005>1001',
      1001,
    ]);
    expect(merge.stats().heldFrames).toBe(0);
  });

  it('start counting again with every event that is stored', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1_000_000, 0)));
    merge.take(entry('w', 1, ...repeats(1, 900, 1, 11), aggTrade(1_000_001, 10_000)));
    expect(outcome(merge, entry('w', 1, ...repeats(1, 900, 10_001, 12)))).toEqual([]);
  });
});

describe('streams without a chain', () => {
  it('declare a doubt, since nothing proves the contrary', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, ticker(5, 0), doubt(TICKER, 1, 'overflow')));
    expect(outcome(merge, entry('w', 1, ticker(6, 2), ticker(7, 3)))).toEqual(['overflow 5>6', 6, 7]);
    expect(outcome(merge, entry('w', 2, ticker(8, 4)))).toEqual(['restart 7>8', 8]);
  });

  it('take a repeat by a new connection as the proof that it saw everything since', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, ticker(5, 0), doubt(TICKER, 1, 'reconnect')));
    const next = entry('w', 1, ticker(5, 2, { connectionId: 2 }), ticker(6, 3, { connectionId: 2 }));
    expect(outcome(merge, next)).toEqual([6]);
  });

  it('store an equal value after a doubt of the same connection behind its gap row', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, ticker(5, 0), doubt(TICKER, 1, 'malformed')));
    expect(outcome(merge, entry('w', 1, ticker(5, 2)))).toEqual(['malformed 5>5', 5]);
  });
});

describe('klines', () => {
  const first = entry('w', 1, kline(0, false, 0));

  it('join within one bar whatever happened', () => {
    const merge = new StreamMerge();
    merge.take(first);
    const again = entry('w', 2, doubt(KLINE, 1, 'silence'), kline(0, true, 10_000));
    expect(outcome(merge, again)).toEqual([START_MS + 10_000]);
    expect(merge.stats().gaps).toBe(0);
  });

  it('join with the next bar behind a closed one, whatever happened', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, kline(0, true, 0)));
    expect(outcome(merge, entry('w', 1, kline(1, true, 60_000)))).toEqual([START_MS + 60_000]);
    expect(outcome(merge, entry('w', 2, kline(2, false, 120_000)))).toEqual([START_MS + 120_000]);
    expect(merge.stats()).toMatchObject({ gaps: 0 });
  });

  it('break with the next bar behind one that was not closed, and want that one again', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, kline(0, false, 0), kline(1, false, 60_000)));
    expect(merge.repairs()).toMatchObject([
      { stream: KLINE, kind: 'kline', from: barTime(0), to: barTime(0) },
    ]);
    expect(outcome(merge, entry('w', 1, tick(500_000)))).toEqual([`sequence ${barTime(0)}>${barTime(1)}`]);
  });

  it('keep a bar closed, and stay at the latest bar, when an update comes late', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, kline(0, true, 0), kline(1, true, 60_000), kline(0, true, 60_100)));
    merge.take(entry('w', 1, kline(1, false, 60_200), doubt(KLINE, 1, 'reconnect')));
    expect(outcome(merge, entry('w', 1, kline(2, false, 120_000)))).toEqual([START_MS + 120_000]);
    expect(merge.stats().gaps).toBe(0);
  });

  it('break with a later bar, and with the next bar after a doubt in an open one', () => {
    const merge = new StreamMerge();
    merge.take(first);
    const open = entry('w', 1, doubt(KLINE, 1, 'reconnect'), kline(1, true, 60_000), kline(5, true, 300_000));
    merge.take(open);
    expect(outcome(merge, entry('w', 1, tick(500_000)))).toEqual([
      `reconnect ${barTime(0)}>${barTime(1)}`,
      `sequence ${barTime(1)}>${barTime(5)}`,
    ]);
  });

  it('whose bar cannot be read are judged like any stream without a chain', () => {
    const merge = new StreamMerge();
    const odd = (ms: number, text: string) =>
      record(RECORD_TYPE.frame, KLINE, ms, text, { order: START_MS + ms });
    merge.take(
      entry('w', 1, odd(0, '{"e":"kline","k":{"t":5,"T":3}}'), odd(1, '{"e":"kline"'), odd(2, '{}')),
    );
    expect(outcome(merge, entry('w', 2, odd(3, '{"e":"kline"}')))).toEqual([
      `restart ${START_MS + 2}>${START_MS + 3}`,
      START_MS + 3,
    ]);
  });
});

describe('the end of a source', () => {
  const end = entry('w', 1, doubt(TICKER, 5, 'restart', true));

  it('leaves a row without a next event when a doubt was open, once', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, ticker(5, 0), doubt(TICKER, 1, 'reconnect')));
    const records = recordsOf(merge.take(end));
    expect(gapsOf(records)).toMatchObject([
      {
        stream: TICKER,
        reason: 'reconnect',
        lastId: 5,
        lastTimeUs: at(0),
        detectedAtUs: at(5),
        healedBy: '',
      },
    ]);
    expect(gapsOf(records)[0]).not.toHaveProperty('nextId');
    expect(outcome(merge, end)).toEqual([]);
    expect(outcome(merge, entry('w', 2, ticker(9, 9)))).toEqual(['restart 5>9', 9]);
  });

  it('leaves no row without a doubt, without an event, or when another source is there', () => {
    const merge = new StreamMerge();
    expect(
      outcome(
        merge,
        entry('w', 1, doubt(DEPTH, 0, 'reconnect')),
        entry('w', 1, doubt(DEPTH, 0, 'restart', true)),
      ),
    ).toEqual([]);
    expect(outcome(merge, entry('w', 1, ticker(5, 0)), end)).toEqual([5]);
    expect(outcome(merge, entry('w', 2, doubt(TICKER, 6, 'silence')))).toEqual([]);
    merge.take(entry('v', 1, ticker(5, 7)));
    expect(outcome(merge, entry('w', 2, doubt(TICKER, 6, 'restart', true)))).toEqual([]);
  });

  it('must be proven over when the source begins again', () => {
    const merge = new StreamMerge();
    expect(outcome(merge, entry('w', 1, ticker(5, 0)), end, entry('w', 1, ticker(6, 9)))).toEqual([
      5, 'restart 5>6', 6,
    ]); // prettier-ignore
  });
});

describe('damage', () => {
  it('in a batch costs what stands behind it, and puts every stream of the source in doubt', () => {
    const problems: string[] = [];
    const merge = new StreamMerge({ handlers: { damaged: (problem) => problems.push(problem) } });
    merge.take(entry('w', 1, ticker(1, 0)));
    const whole = batch(ticker(2, 1), ticker(3, 2));
    expect(outcome(merge, { lane: 'w', epoch: 1, payload: whole.subarray(0, -5) })).toEqual([2]);
    expect(outcome(merge, entry('w', 1, ticker(4, 3)))).toEqual(['malformed 2>4', 4]);
    expect(problems).toEqual([expect.stringContaining('batch of w in epoch 1: record batch: ')]);
    expect(merge.stats().damagedBatches).toBe(1);
  });

  it.each([0, 1, 2])('of a whole batch is reported (%i bytes are left)', (length) => {
    const merge = new StreamMerge();
    expect(merge.take({ lane: 'w', epoch: 1, payload: Buffer.alloc(length, 9) })).toBeUndefined();
    expect(merge.stats().damagedBatches).toBe(1);
  });

  it.each(['', '{', 'null', '7', '{"reason":"weather"}'])('of a doubt is a doubt: %j', (text) => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, ticker(1, 0), record(RECORD_TYPE.doubt, TICKER, 1, text)));
    expect(outcome(merge, entry('w', 1, ticker(4, 3)))).toEqual(['malformed 1>4', 4]);
    expect(merge.stats().damagedRecords).toBe(1);
  });

  it('of times and orders stops nothing', () => {
    const merge = new StreamMerge();
    const odd = [
      ticker(1, 0, { receivedAtUs: NaN }),
      ticker(Infinity, 1),
      ticker(2, 2, { receivedAtUs: Infinity }),
      ticker(3, 3),
    ];
    expect(outcome(merge, entry('w', 1, ...odd))).toEqual([1, Infinity, 2, 3]);
    expect(outcome(new StreamMerge({ state: merge.state() }), entry('w', 1, ticker(4, 4)))).toEqual([4]);
  });
});

it('names a record of an unknown stream as it is counted', () => {
  const merge = new StreamMerge();
  const own = (order: number) => record(RECORD_TYPE.frame, '?', 0, '{}', { order, follows: order - 1 });
  expect(outcome(merge, entry('w', 1, own(1), own(5)))).toEqual([1, 'sequence 1>5', 5]);
  expect(merge.repairs()).toEqual([]);
  expect(TRADES).not.toBe('?');
});
