import { StreamMerge } from '@org/continuity';
import { RECORD_TYPE } from '@org/storage';
import type { GapRecord } from '@org/market-data';
import {
  aggTrade, barRow, barTime, DEPTH, entry, gapsOf, kline, KLINE, MINUTE_MS, outcome, record, recordsOf, restRows,
  START_MS, tick, TRADES,
} from './journal-entries.ts'; // prettier-ignore

const row = (a: number) => ({ a, p: '1.50', q: '2.0', f: a, l: a, T: 1, m: true });
const HOUR_MS = 3_600_000;

/** A merge whose trades 11 to 19 are missing. */
function withHole(limits = {}, healed: GapRecord[] = []): StreamMerge {
  const merge = new StreamMerge({ limits, handlers: { healed: (gap) => healed.push(gap) } });
  const broken = entry('w', 1, aggTrade(10, 0), aggTrade(20, 5));
  expect(merge.take(broken)).toBe(broken.payload);
  return merge;
}

describe('a hole in the trades', () => {
  it('is offered for repair and has no row yet', () => {
    const merge = withHole();
    expect(merge.repairs()).toEqual([
      { stream: TRADES, kind: 'aggtrade', from: 11, to: 19, detectedAtUs: (START_MS + 5) * 1000 },
    ]);
    expect(merge.isWaiting).toBe(true);
    expect(merge.stats()).toMatchObject({ gaps: 1, healed: 0 });
  });

  it('takes the rows that are missing, in ascending order and once', () => {
    const healed: GapRecord[] = [];
    const merge = withHole({}, healed);
    const some = [row(14), row(12), row(11), row(12), row(9)];
    expect(outcome(merge, entry('rest', 1, restRows(TRADES, 50, some)))).toEqual([
      `rows ${JSON.stringify([row(11), row(12), row(14)])}`,
    ]);
    // 13 was jumped over by that answer, so it does not exist.
    expect(merge.repairs()).toMatchObject([{ from: 15, to: 19 }]);
    expect(merge.stats().repairRowsDropped).toBe(2);
    expect(healed).toEqual([]);
  });

  it('gets one row with the time of its detection and healed_by rest behind the last rows', () => {
    const healed: GapRecord[] = [];
    const merge = withHole({}, healed);
    const rows = (from: number, to: number) =>
      restRows(
        TRADES,
        60,
        Array.from({ length: to - from + 1 }, (_, n) => row(from + n)),
      );
    expect(outcome(merge, entry('rest', 1, rows(10, 15)))).toHaveLength(1);
    const last = recordsOf(merge.take(entry('rest', 1, rows(14, 20))));
    expect(last.map(({ meta }) => meta.type)).toEqual([RECORD_TYPE.restRows, RECORD_TYPE.gap]);
    expect(gapsOf(last)).toMatchObject([
      { reason: 'sequence', lastId: 10, nextId: 20, detectedAtUs: (START_MS + 5) * 1000, healedBy: 'rest' },
    ]);
    expect(healed).toEqual(gapsOf(last));
    expect(merge.repairs()).toEqual([]);
    expect(merge.isWaiting).toBe(false);
    expect(merge.stats()).toMatchObject({ gaps: 1, healed: 1 });
    expect(outcome(merge, entry('rest', 1, rows(11, 19)))).toEqual([]);
  });

  it('is not healed when the exchange has no rows for some of it', () => {
    const merge = withHole();
    const answer = [row(10), row(19)];
    expect(outcome(merge, entry('rest', 1, restRows(TRADES, 60, answer)))).toEqual([
      `rows ${JSON.stringify([row(19)])}`,
      'sequence 10>20',
    ]);
    expect(merge.repairs()).toEqual([]);
    expect(merge.stats().healed).toBe(0);
  });

  it('gets its row after repairTimeoutMs, and a second one when it is healed later', () => {
    const merge = withHole();
    expect(outcome(merge, entry('w', 1, tick(60_004)))).toEqual([]);
    expect(outcome(merge, entry('w', 1, tick(60_005)))).toEqual(['sequence 10>20']);
    expect(merge.isWaiting).toBe(false);
    expect(merge.repairs()).toHaveLength(1);
    const rows = Array.from({ length: 9 }, (_, n) => row(11 + n));
    expect(outcome(merge, entry('rest', 1, restRows(TRADES, 90_000, rows)))).toEqual([
      `rows ${JSON.stringify(rows)}`,
      'sequence 10>20 rest',
    ]);
  });

  it('gets no second row when a late answer has not everything', () => {
    const merge = withHole();
    merge.take(entry('w', 1, tick(60_005)));
    const answer = restRows(TRADES, 90_000, [row(10), row(20)]);
    expect(outcome(merge, entry('rest', 1, answer))).toEqual([]);
    expect(merge.repairs()).toEqual([]);
  });

  it('is offered no longer than repairExpiryMs', () => {
    const merge = withHole();
    merge.take(entry('w', 1, tick(48 * HOUR_MS)));
    expect(merge.repairs()).toHaveLength(1);
    merge.take(entry('w', 1, tick(48 * HOUR_MS + 5)));
    expect(merge.repairs()).toEqual([]);
  });

  it('gets its row at a clean end, and stays open for the next start', () => {
    const merge = withHole();
    expect(recordsOf(merge.finish())).toMatchObject([{ meta: { type: RECORD_TYPE.gap, stream: TRADES } }]);
    expect(merge.finish()).toBeUndefined();
    const next = new StreamMerge({ state: merge.state() });
    expect(next.isWaiting).toBe(false);
    expect(next.repairs()).toEqual(merge.repairs());
    const rows = Array.from({ length: 9 }, (_, n) => row(11 + n));
    expect(outcome(next, entry('rest', 1, restRows(TRADES, 99, rows))).at(-1)).toBe('sequence 10>20 rest');
  });

  it('gets its row at once beyond openBreaksMax', () => {
    const merge = withHole({ openBreaksMax: 1 });
    expect(outcome(merge, entry('w', 1, aggTrade(30, 9)))).toEqual(['sequence 20>30', 30]);
    expect(merge.repairs()).toHaveLength(1);
  });

  it('takes the rows of several holes from one answer', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(10, 0), aggTrade(12, 1), aggTrade(14, 2)));
    const answer = restRows(TRADES, 9, [row(11), row(12), row(13)]);
    expect(outcome(merge, entry('rest', 1, answer))).toEqual([
      `rows ${JSON.stringify([row(11), row(13)])}`,
      'sequence 10>12 rest',
      'sequence 12>14 rest',
    ]);
  });
});

describe('bars that are missing', () => {
  it('begin with an open last bar, and end before the next one', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, kline(0, false, 0), kline(3, true, 180_000), kline(6, false, 360_000)));
    expect(merge.repairs()).toMatchObject([
      { stream: KLINE, kind: 'kline', from: barTime(0), to: barTime(2) },
      { stream: KLINE, kind: 'kline', from: barTime(4), to: barTime(5) },
    ]);
  });

  it('are healed by closed bars alone', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, kline(0, true, 0), kline(3, false, 180_000)));
    const early = restRows(KLINE, 2 * MINUTE_MS + 5, [barRow(0), barRow(1), barRow(2)]);
    expect(outcome(merge, entry('rest', 1, early))).toEqual([`rows ${JSON.stringify([barRow(1)])}`]);
    expect(merge.stats().repairRowsDropped).toBe(2);
    const late = restRows(KLINE, 3 * MINUTE_MS, [barRow(2), barRow(3)]);
    expect(outcome(merge, entry('rest', 1, late))).toEqual([
      `rows ${JSON.stringify([barRow(2)])}`,
      `sequence ${barTime(0)}>${barTime(3)} rest`,
    ]);
  });

  it('of months are asked for up to the end of the last one', () => {
    const merge = new StreamMerge();
    const month = (m: number) => Date.UTC(2026, m, 1);
    const bar = (m: number) => {
      const payload = `{"e":"kline","E":${month(m)},"k":{"t":${month(m)},"T":${month(m + 1) - 1},"x":true}}`;
      return record(RECORD_TYPE.frame, 'BTCUSDT@kline_1M', month(m) - START_MS, payload, { order: month(m) });
    };
    merge.take(entry('w', 1, bar(0), bar(1)));
    expect(merge.repairs()).toEqual([]);
    merge.take(entry('w', 1, bar(4)));
    expect(merge.repairs()).toMatchObject([{ from: month(2), to: month(4) - 1 }]);
    const rows = [2, 3].map((m) => [month(m), '1', '1', '1', '1', '1', month(m + 1) - 1]);
    const answer = restRows('BTCUSDT@kline_1M', month(5) - START_MS, rows);
    expect(outcome(merge, entry('rest', 1, answer)).at(-1)).toBe(`sequence ${month(1)}>${month(4)} rest`);
  });
});

describe('an answer that is not one', () => {
  it.each([
    [TRADES, '{'],
    [TRADES, '{"code":-1121,"msg":"Invalid symbol."}'],
    [TRADES, '[null]'],
    [TRADES, '[{"a":"11"}]'],
    [KLINE, '[{"a":11}]'],
    [KLINE, '[[1,2,3]]'],
    [KLINE, '[[5,"1","1","1","1","1",4]]'],
    [DEPTH, '[]'],
  ])('is dropped and counted: %s %s', (stream, text) => {
    const problems: string[] = [];
    const merge = new StreamMerge({ handlers: { damaged: (problem) => problems.push(problem) } });
    expect(merge.take(entry('rest', 1, record(RECORD_TYPE.restRows, stream, 9, text)))).toBeUndefined();
    expect(merge.stats().damagedRecords).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/^rest rows: /)]);
  });

  it('with rows that nobody misses leaves nothing', () => {
    const merge = new StreamMerge();
    expect(merge.take(entry('rest', 1, restRows(TRADES, 9, [row(1), row(2)])))).toBeUndefined();
    expect(merge.stats().repairRowsDropped).toBe(2);
  });
});
