import { StreamMerge } from '@org/continuity';
import { aggTrade, entry, outcome, ticker } from './journal-entries.ts';

describe('a store that does not know where it stands', () => {
  it('gets a gap row without a last id before the first event of each stream, and none later', () => {
    const merge = new StreamMerge({ isSeamUnknown: true });
    expect(outcome(merge, entry('w', 1, aggTrade(7, 1), ticker(3, 2)))).toEqual([
      'restart undefined>7', 7, 'restart undefined>3', 3,
    ]); // prettier-ignore
    expect(outcome(merge, entry('w', 1, aggTrade(8, 3), ticker(4, 4)))).toEqual([8, 4]);
    expect(merge.stats().gaps).toBe(2);
    expect(merge.repairs()).toEqual([]);
  });
});
