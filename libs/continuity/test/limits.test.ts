import { StreamMerge } from '@org/continuity';
import { aggTrade, depth, DEPTH, entry, record, TRADES } from './journal-entries.ts';
import { RECORD_TYPE } from '@org/storage';

const MIB = 1024 * 1024;

describe('the state stays storable by default', () => {
  it('since no more than 8 MiB of events are held', () => {
    const merge = new StreamMerge();
    const payload = 'x'.repeat(64 * 1024);
    merge.take(entry('a', 1, depth(5, 10, 0)));
    merge.take(entry('b', 1, depth(5, 10, 0)));
    for (let n = 0; n < 140; n++) {
      const meta = { order: 13 + n, follows: 12 + n };
      merge.take(entry('a', 1, record(RECORD_TYPE.frame, DEPTH, 1, payload, meta)));
      expect(merge.stats().heldBytes).toBeLessThanOrEqual(8 * MIB);
    }
    expect(merge.stats()).toMatchObject({ heldBytesOverflows: 1, gaps: 1 });
  });

  it('since no more than 100 breaks of a stream are open', () => {
    const merge = new StreamMerge();
    const trades = Array.from({ length: 151 }, (_, n) => aggTrade(1 + 10 * n, n));
    merge.take(entry('a', 1, ...trades));
    expect(merge.stats().gapsByStream.get(TRADES)).toBe(150);
    expect(merge.repairs()).toHaveLength(100);
    expect(merge.state().length).toBeLessThan(100 * 300);
  });
});
