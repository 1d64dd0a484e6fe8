import { ContinuityError, StreamMerge } from '@org/continuity';
import { aggTrade, depth, doubt, DEPTH, entry, kline, ticker, tick } from './journal-entries.ts';

const ENTRIES = [
  entry('a', 1, depth(5, 10, 0), ticker(10, 0), aggTrade(1, 0), kline(0, false, 1)),
  entry('b', 1, depth(5, 10, 0), ticker(10, 0), aggTrade(9, 1)),
  entry('b', 1, depth(10, 12, 5), ticker(11, 5), doubt(DEPTH, 6, 'silence'), kline(0, false, 5)),
  entry('a', 2, aggTrade(9, 20), kline(3, true, 200_000)),
  entry('a', 1, depth(13, 14, 7)),
  entry('b', 1, depth(13, 15, 8), doubt(DEPTH, 9, 'restart', true)),
  entry('w', 7, tick(300_000)),
];

describe('the state', () => {
  it('goes on identically from every entry on', () => {
    for (let cut = 0; cut <= ENTRIES.length; cut++) {
      const whole = new StreamMerge();
      const before = ENTRIES.slice(0, cut).map((one) => whole.take(one));
      expect(before).toHaveLength(cut);
      const state = whole.state();
      const again = new StreamMerge({ state });
      expect(again.state()).toBe(state);
      expect([again.isWaiting, again.repairs()]).toEqual([whole.isWaiting, whole.repairs()]);
      const rest = ENTRIES.slice(cut);
      expect(rest.map((one) => again.take(one))).toEqual(rest.map((one) => whole.take(one)));
      expect(again.state()).toBe(whole.state());
    }
  });

  it.each([
    '',
    'null',
    '{}',
    '{"version":3}',
    '{"version":1,"nowUs":0,"listed":0,"sources":[],"streams":[]}',
    '{"version":2,"nowUs":"x","listed":0,"sources":[],"streams":[]}',
  ])('that is none is refused: %j', (state) => {
    let thrown: unknown;
    try {
      new StreamMerge({ state });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ContinuityError);
    expect(thrown).toMatchObject({ code: 'STATE_UNREADABLE' });
  });

  it('that names a source it does not have is refused', () => {
    const merge = new StreamMerge();
    for (const one of ENTRIES) merge.take(one);
    const state = { ...JSON.parse(merge.state()), sources: [] };
    expect(() => new StreamMerge({ state: JSON.stringify(state) })).toThrow(ContinuityError);
  });
});
