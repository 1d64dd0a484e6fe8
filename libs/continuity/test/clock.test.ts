import { StreamMerge } from '@org/continuity';
import { aggTrade, depth, DEPTH, doubt, entry, outcome, tick, ticker } from './journal-entries.ts';

const YEAR_MS = 365 * 86_400_000;

/** Orders and rows that come out with ticks at real time, each with the time of its tick. */
function ticked(merge: StreamMerge, fromMs: number, toMs: number): string[] {
  const seen: string[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += 250)
    for (const one of outcome(merge, entry('writer', 1, tick(atMs)))) seen.push(`${atMs}: ${one}`);
  return seen;
}

describe('a clock that ran a year ahead once', () => {
  it('delays the row of a hole that REST could repair by no more than its timeout', () => {
    const merge = new StreamMerge();
    merge.take(entry('w', 1, aggTrade(1, 0), aggTrade(2, YEAR_MS), aggTrade(3, 2000), aggTrade(10, 3000)));
    expect(merge.isWaiting).toBe(true);
    const again = new StreamMerge({ state: merge.state() });
    expect(ticked(again, 3250, 70_000)).toEqual(['63250: sequence 3>10']);
    expect(again.isWaiting).toBe(false);
  });

  it('delays the row of a hole that another line might fill by no more than holdMs', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, depth(5, 10, 0)));
    merge.take(entry('b', 1, depth(5, 10, YEAR_MS)));
    expect(outcome(merge, entry('a', 1, depth(12, 13, 3000)))).toEqual([]);
    const again = new StreamMerge({ state: merge.state() });
    expect(ticked(again, 3250, 9000)).toEqual(['5000: sequence 10>12', '5000: 13']);
  });

  it('lets nobody wait for a source that has been silent since', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, ticker(1, 0)));
    merge.take(entry('b', 1, ticker(1, YEAR_MS)));
    expect(outcome(merge, entry('w', 1, tick(0)), entry('w', 1, tick(5001)))).toEqual([]);
    expect(outcome(merge, entry('a', 1, doubt('BTCUSDT@bookTicker', 5002, 'silence'), ticker(4, 5003)))).toEqual([
      'silence 1>4', 4,
    ]); // prettier-ignore
  });

  it('does not hide for a year that ids were set anew', () => {
    const merge = new StreamMerge({ limits: { repeatsMax: 2, repeatSpanMs: 1000 } });
    merge.take(entry('a', 1, aggTrade(900, 0)));
    merge.take(entry('b', 1, aggTrade(1, YEAR_MS), tick(10)));
    merge.take(entry('b', 1, aggTrade(2, 500), aggTrade(3, 900)));
    expect(outcome(merge, entry('b', 1, aggTrade(4, 1100)))).toEqual(['sequence 900>4', 4]);
  });
});

describe('a clock that was set back by three seconds', () => {
  it.each([true, false])('costs no event that another line has (with a tick: %s)', (hasTick) => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, aggTrade(10, 5000)));
    merge.take(entry('b', 1, aggTrade(10, 5000, { line: 1 })));
    merge.take(entry('a', 1, aggTrade(11, 3000)));
    merge.take(entry('b', 1, aggTrade(11, 3000, { line: 1 })));
    expect(outcome(merge, entry('a', 1, aggTrade(13, 3100)))).toEqual([]);
    if (hasTick) expect(outcome(merge, entry('w', 1, tick(3110)))).toEqual([]);
    const filled = outcome(merge, entry('b', 1, aggTrade(12, 3120), aggTrade(13, 3130)));
    expect(filled).toEqual([12, 13]);
    expect(merge.stats()).toMatchObject({ gaps: 0, heldFrames: 0 });
  });

  it('lets the lead have switchAfterMs again', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, depth(5, 10, 5000)));
    merge.take(entry('b', 1, depth(5, 10, 5000), depth(10, 12, 5000)));
    const seen = [2000, 2250, 2251].map((ms) => outcome(merge, entry('w', 1, tick(ms))));
    expect(seen).toEqual([[], [], [12]]);
  });

  it('is not seen in a tick that is late by up to a second', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, depth(5, 10, 5000)));
    merge.take(entry('b', 1, depth(5, 10, 5000), depth(10, 12, 5000), doubt(DEPTH, 5100, 'silence')));
    const seen = [4100, 4351, 5250, 5251].map((ms) => outcome(merge, entry('w', 1, tick(ms))));
    expect(seen).toEqual([[], [], [], [12]]);
  });
});
