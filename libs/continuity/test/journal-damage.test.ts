import { StreamMerge } from '@org/continuity';
import { aggTrade, depth, doubt, entry, kline, outcome, tick, ticker, TICKER } from './journal-entries.ts';

describe('damage', () => {
  it('of the journal puts every stream of every source in doubt before the entry behind it', () => {
    const merge = new StreamMerge();
    merge.take(entry('v', 1, depth(1, 5, 0)));
    merge.take(entry('w', 1, ticker(1, 1), doubt(TICKER, 1, 'overflow')));
    merge.take(entry('x', 1, kline(0, false, 2), aggTrade(1, 2)));
    const next = { ...entry('y', 1, tick(3)), afterDamage: true };
    expect(merge.take(next)).toBeUndefined();
    const again = new StreamMerge({ state: merge.state() });
    expect(outcome(again, entry('w', 1, ticker(2, 4), ticker(3, 5)))).toEqual(['overflow 1>2', 2, 3]);
    expect(outcome(again, entry('v', 1, depth(5, 6, 4), depth(8, 9, 5)))).toEqual([6, 'sequence 6>8', 9]);
    expect(outcome(again, entry('x', 1, aggTrade(2, 6)))).toEqual([2]);
  });

  it('of the journal gives streams without a chain their row at the entry itself, also with a second line', () => {
    const merge = new StreamMerge();
    merge.take(entry('v', 1, ticker(1, 0)));
    merge.take(entry('w', 1, ticker(1, 1)));
    expect(outcome(merge, { ...entry('v', 1, ticker(5, 3)), afterDamage: true })).toEqual([]);
    expect(outcome(merge, entry('w', 1, ticker(4, 4), ticker(5, 5)))).toEqual(['malformed 1>4', 4, 5]);
    expect(outcome(merge, { ...entry('w', 1, ticker(6, 6)), afterDamage: false })).toEqual([6]);
  });
});
