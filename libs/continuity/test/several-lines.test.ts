import { type LeadSwitch, StreamMerge } from '@org/continuity';
import {
  DEPTH, depth, doubt, entry, kline, KLINE, outcome, record, recordsOf, START_MS, tick, TICKER, ticker,
} from './journal-entries.ts'; // prettier-ignore
import { RECORD_TYPE } from '@org/storage';

/** A merge that follows line `a`, which stands at 10, with line `b` beside it. */
function twoLines(switches: LeadSwitch[] = [], limits = {}): StreamMerge {
  const merge = new StreamMerge({ limits, handlers: { switched: (one) => switches.push(one) } });
  merge.take(entry('a', 1, depth(5, 10, 0), ticker(10, 0)));
  merge.take(entry('b', 1, depth(5, 10, 0, { line: 1 }), ticker(10, 0, { line: 1 })));
  return merge;
}

describe('two lines', () => {
  it('give one sequence, and the lead its own payloads', () => {
    const merge = twoLines();
    expect(merge.take(entry('b', 1, depth(10, 12, 5), ticker(11, 5)))).toBeUndefined();
    expect(merge.isWaiting).toBe(true);
    expect(merge.stats()).toMatchObject({ heldFrames: 2 });
    const lead = entry('a', 1, depth(10, 12, 4), ticker(11, 4));
    expect(merge.take(lead)).toBe(lead.payload);
    expect(merge.isWaiting).toBe(false);
    expect(merge.stats()).toMatchObject({
      events: 4,
      duplicates: 4,
      heldFrames: 0,
      heldBytes: 0,
      switches: 0,
    });
  });

  it('change the lead at a hole that the other one fills', () => {
    const switches: LeadSwitch[] = [];
    const merge = twoLines(switches);
    merge.take(entry('b', 1, depth(10, 12, 5, { line: 1 }), depth(12, 14, 6, { line: 1 })));
    expect(outcome(merge, entry('a', 1, depth(12, 14, 7)))).toEqual([12, 14]);
    expect(switches).toEqual([
      { stream: DEPTH, fromLane: 'a', toLane: 'b', fromLine: 0, toLine: 1, lastOrder: 10, why: 'break' },
    ]);
  });

  it('wait for the other one when the lead has a hole', () => {
    const merge = twoLines();
    expect(outcome(merge, entry('a', 1, depth(12, 14, 7), depth(14, 15, 8)))).toEqual([]);
    expect(outcome(merge, entry('b', 1, depth(10, 12, 300)))).toEqual([12, 14, 15]);
    expect(merge.stats()).toMatchObject({ gaps: 0, switches: 2 });
  });

  it('wait no longer than holdMs, then declare what nobody has', () => {
    const merge = twoLines();
    expect(outcome(merge, entry('a', 1, depth(12, 14, 7)), entry('w', 1, tick(1507)))).toEqual([]);
    expect(outcome(merge, entry('w', 1, tick(1508)))).toEqual(['sequence 10>12', 14]);
  });

  it('wait at a hole as long as another journal may bring it, and no longer', () => {
    let mayCome = true;
    const asked: (readonly [number, readonly string[]])[] = [];
    const merge = new StreamMerge({
      mayCome: (receivedAtUs, lanes) => {
        asked.push([receivedAtUs / 1000 - START_MS, lanes]);
        return mayCome;
      },
    });
    merge.take(entry('a', 1, depth(5, 10, 0)));
    expect(outcome(merge, entry('a', 1, depth(10, 12, 1)))).toEqual([12]);
    expect(asked).toEqual([]);
    expect(outcome(merge, entry('a', 1, depth(14, 16, 7)), entry('w', 1, tick(9000)))).toEqual([]);
    expect(new Set(asked.map(String))).toEqual(new Set(['7,a']));
    expect(merge.isWaiting).toBe(true);
    mayCome = false;
    expect(outcome(merge, entry('w', 1, tick(9001)))).toEqual(['sequence 12>14', 16]);
  });

  it('give what another journal brings at last', () => {
    const merge = new StreamMerge({ mayCome: () => true });
    merge.take(entry('a', 1, depth(5, 10, 0)));
    merge.take(entry('a', 1, depth(14, 16, 7), depth(16, 17, 60_000)));
    expect(outcome(merge, entry('b', 1, depth(9, 14, 6)))).toEqual([14, 16, 17]);
    expect(merge.stats()).toMatchObject({ gaps: 0, heldFrames: 0 });
  });

  it('wait for one that began again after its end', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, doubt(DEPTH, 1, 'restart', true), depth(5, 10, 2)));
    expect(outcome(merge, entry('a', 1, depth(12, 14, 7)))).toEqual([]);
  });

  it('go on while the lead only repeats itself', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, depth(10, 12, 5)));
    expect(outcome(merge, entry('a', 1, depth(5, 10, 300)))).toEqual([12]);
  });

  it('do not wait for one that has delivered no event of the stream', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, depth(5, 10, 0)));
    merge.take(entry('b', 1, doubt(DEPTH, 1, 'silence'), ticker(1, 1)));
    expect(outcome(merge, entry('a', 1, depth(12, 14, 7)))).toEqual(['sequence 10>12', 14]);
  });

  it('drop what one of them repeats while it is held', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, depth(10, 12, 5), depth(12, 14, 6), depth(10, 12, 7), depth(14, 15, 8)));
    expect(outcome(merge, entry('w', 1, tick(300)))).toEqual([12, 14, 15]);
  });

  it('declare a hole at once when both have shown it, with the smaller loss', () => {
    const merge = twoLines();
    merge.take(entry('a', 1, depth(15, 16, 7)));
    expect(outcome(merge, entry('b', 1, depth(13, 20, 8)))).toEqual(['sequence 10>13', 20]);
    expect(merge.stats()).toMatchObject({ heldFrames: 0, duplicates: 3, switches: 1 });
  });

  it('prefer the lead where both miss the same', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, depth(15, 16, 7, { line: 1 })));
    const stored = recordsOf(merge.take(entry('a', 1, depth(15, 16, 8, { line: 0 }))));
    expect(stored.map(({ meta }) => meta.line)).toEqual([0, 0]);
    expect(merge.stats().switches).toBe(0);
  });

  it('change the lead when it is later than switchAfterMs, but not sooner', () => {
    const switches: LeadSwitch[] = [];
    const merge = twoLines(switches);
    expect(outcome(merge, entry('b', 1, depth(10, 12, 5)), entry('w', 1, tick(255)))).toEqual([]);
    expect(outcome(merge, entry('w', 1, tick(256)))).toEqual([12]);
    expect(switches).toMatchObject([{ why: 'late' }]);
    expect(outcome(merge, entry('a', 1, depth(10, 12, 300), depth(12, 13, 301)))).toEqual([]);
  });

  it('change the lead at once when it ended or is silent', () => {
    for (const gone of [entry('a', 1, doubt(DEPTH, 6, 'restart', true)), entry('a', 1, tick(5001))]) {
      const switches: LeadSwitch[] = [];
      const merge = twoLines(switches);
      merge.take(gone);
      expect(outcome(merge, entry('b', 1, depth(10, 12, 5001), depth(12, 13, 5002)))).toEqual([12, 13]);
      expect(switches).toMatchObject([{ why: 'gone', fromLane: 'a', toLane: 'b' }]);
    }
  });

  it('change the lead at once when it was replaced', () => {
    const switches: LeadSwitch[] = [];
    const merge = twoLines(switches);
    expect(outcome(merge, entry('a', 2, depth(10, 12, 6)))).toEqual([12]);
    expect(outcome(merge, entry('a', 1, depth(10, 12, 6), depth(12, 13, 7)))).toEqual([]);
    expect(switches).toMatchObject([{ why: 'gone', fromLane: 'a', toLane: 'a' }]);
  });

  it('with different cuts are joined at the seam, so that the chain stays whole', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, depth(8, 13, 5), depth(13, 18, 6)));
    const stored = recordsOf(merge.take(entry('a', 1, depth(16, 17, 7))));
    expect(stored.map(({ meta }) => [meta.follows, meta.order])).toEqual([
      [10, 13],
      [13, 18],
    ]);
    expect(stored[0]!.text).toContain('"U":11,"u":13,"pu":10,');
    expect(merge.stats()).toMatchObject({ recut: 1, switches: 1, gaps: 0, duplicates: 3 });
  });

  it('prefer a join that needs no cut', () => {
    const merge = twoLines();
    merge.take(entry('c', 1, depth(5, 10, 1)));
    merge.take(entry('b', 1, depth(8, 11, 5)));
    merge.take(entry('c', 1, depth(10, 12, 5)));
    expect(outcome(merge, entry('a', 1, depth(16, 17, 7)))).toEqual([12]);
    expect(merge.stats().recut).toBe(0);
  });

  it('hold copies: the journal may use its bytes again', () => {
    const merge = twoLines();
    const held = entry('b', 1, depth(10, 12, 5));
    merge.take(held);
    held.payload.fill(0);
    const [stored] = recordsOf(merge.take(entry('w', 1, tick(256))));
    expect(stored!.text).toBe(recordsOf(entry('b', 1, depth(10, 12, 5)).payload)[0]!.text);
  });

  it('use what a life delivered before it was replaced', () => {
    const merge = twoLines();
    merge.take(entry('b', 1, depth(10, 12, 6)));
    merge.take(entry('b', 2, doubt(DEPTH, 7, 'reconnect'), depth(13, 14, 7)));
    expect(outcome(merge, entry('a', 1, depth(12, 13, 8)))).toEqual([12, 13]);
    expect(outcome(merge, entry('w', 1, tick(300)))).toEqual([14]);
    expect(merge.stats().gaps).toBe(0);
  });

  it('need no clock of each other: one that delivers an old backlog changes nothing', () => {
    const merge = twoLines();
    for (let n = 10; n < 400; n++) merge.take(entry('a', 1, depth(n, n + 1, n * 100)));
    const backlog = Array.from({ length: 389 }, (_, n) => depth(10 + n, 11 + n, (10 + n) * 100 + 1));
    expect(outcome(merge, entry('b', 1, ...backlog))).toEqual([]);
    expect(merge.stats()).toMatchObject({ switches: 0, gaps: 0 });
  });
});

describe('two lines of a stream without a chain', () => {
  it('cover a doubt of the lead without a gap', () => {
    const merge = twoLines();
    expect(outcome(merge, entry('a', 1, doubt(TICKER, 1, 'reconnect'), ticker(14, 2)))).toEqual([]);
    expect(outcome(merge, entry('b', 1, ticker(12, 3), ticker(14, 4), ticker(15, 5)))).toEqual([12, 14, 15]);
    expect(outcome(merge, entry('a', 1, ticker(15, 6), ticker(16, 7)), entry('w', 1, tick(400)))).toEqual([
      16,
    ]);
    expect(merge.stats().gaps).toBe(0);
  });

  it('declare it when both are in doubt', () => {
    const merge = twoLines();
    merge.take(entry('a', 1, doubt(TICKER, 1, 'reconnect'), ticker(14, 2)));
    expect(outcome(merge, entry('b', 1, doubt(TICKER, 1, 'silence'), ticker(12, 3)))).toEqual([
      'silence 10>12', 12,
    ]); // prettier-ignore
    expect(outcome(merge, entry('b', 1, ticker(14, 4)), entry('w', 1, tick(9000)))).toEqual([14]);
  });

  it('take a doubted event when the other one is silent for holdMs', () => {
    const merge = twoLines();
    merge.take(entry('a', 1, doubt(TICKER, 1, 'reconnect'), ticker(14, 2)));
    expect(outcome(merge, entry('w', 1, tick(1503)))).toEqual(['reconnect 10>14', 14]);
  });

  it('do not let a line lead that came later than the last event', () => {
    const merge = twoLines();
    merge.take(entry('c', 1, ticker(13, 3)));
    merge.take(entry('a', 1, doubt(TICKER, 4, 'reconnect', true)));
    expect(outcome(merge, entry('b', 1, ticker(12, 5), ticker(13, 6)))).toEqual([12, 13]);
    expect(merge.stats().gaps).toBe(0);
  });

  it('store what a source gives twice, from the lead and from a successor', () => {
    const merge = twoLines();
    expect(outcome(merge, entry('a', 1, ticker(11, 1), ticker(11, 2)))).toEqual([11, 11]);
    merge.take(entry('b', 1, ticker(11, 1), ticker(11, 2), ticker(12, 3), ticker(12, 4)));
    expect(outcome(merge, entry('w', 1, tick(300)))).toEqual([12, 12]);
  });

  it('take the last update of a bar from another line when the lead did not bring it', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, kline(0, false, 59_900)));
    merge.take(entry('b', 1, kline(0, false, 59_900), kline(0, true, 59_990), kline(1, false, 60_100)));
    const events = outcome(merge, entry('a', 1, kline(1, false, 60_100)));
    expect(events).toEqual([START_MS + 59_990, START_MS + 60_100]);
    expect(merge.stats()).toMatchObject({ gaps: 0 });
  });

  it('wait for the updates of a bar that another line may bring, and need no row without them', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, kline(0, false, 0)));
    merge.take(entry('b', 1, kline(0, false, 10), doubt(KLINE, 20, 'reconnect'), kline(0, true, 400)));
    expect(outcome(merge, entry('w', 1, tick(300)))).toEqual([]);
    expect(outcome(merge, entry('a', 1, kline(0, false, 200)))).toEqual([START_MS + 200]);
    expect(outcome(merge, entry('w', 1, tick(1901)))).toEqual([START_MS + 400]);
    expect(merge.stats()).toMatchObject({ gaps: 0 });
  });
});

describe('limits of what is held', () => {
  it('settle a stream by force beyond heldFramesMax', () => {
    const merge = twoLines([], { heldFramesMax: 3 });
    const held = [depth(12, 13, 1), depth(13, 14, 1), depth(14, 15, 1)];
    expect(outcome(merge, entry('b', 1, ...held))).toEqual([]);
    expect(outcome(merge, entry('b', 1, depth(15, 16, 1)))).toEqual(['sequence 10>12', 13, 14, 15, 16]);
    expect(merge.stats()).toMatchObject({ heldBytesOverflows: 1, heldFrames: 0, heldBytes: 0 });
  });

  it('settle the stream that holds most beyond heldBytesMax', () => {
    const merge = twoLines([], { heldBytesMax: 200 });
    expect(outcome(merge, entry('b', 1, ticker(12, 1), depth(12, 13, 1)))).toEqual([]);
    expect(outcome(merge, entry('b', 1, depth(13, 14, 1)))).toEqual(['sequence 10>12', 13, 14]);
    expect(merge.stats()).toMatchObject({ heldBytesOverflows: 1, heldFrames: 1 });
  });

  it('forget the source that is silent for longest beyond sourcesMax', () => {
    const merge = twoLines([], { sourcesMax: 2 });
    merge.take(entry('b', 1, ticker(10, 1)));
    merge.take(entry('c', 1, ticker(10, 2)));
    expect(JSON.parse(merge.state()).streams[1][6]).toHaveLength(2);
    expect(outcome(merge, entry('a', 1, ticker(11, 3)))).toEqual([11]);
  });

  it('forget lives that were replaced', () => {
    const merge = twoLines();
    for (let epoch = 2; epoch < 100; epoch++) merge.take(entry('b', epoch, ticker(10, epoch)));
    const { sources, streams } = JSON.parse(merge.state());
    expect(streams[1][6]).toHaveLength(2);
    expect(sources.length).toBeLessThan(8);
  });
});

it('passes unreadable frames of every line on', () => {
  const merge = twoLines();
  const odd = entry('b', 1, record(RECORD_TYPE.frame, DEPTH, 5, 'odd'));
  expect(merge.take(odd)).toBe(odd.payload);
});
