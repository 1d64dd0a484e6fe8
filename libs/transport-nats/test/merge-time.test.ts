import * as fc from 'fast-check';
import { readRecordBatch, RECORD_TYPE } from '@org/storage';
import { MergeTime } from '@org/transport-nats';
import { tradeBatch } from './played-journal.ts';

describe('the time of a merge', () => {
  const timeOf = (tick: Buffer): number => {
    let atUs = 0;
    readRecordBatch(tick, ({ type, receivedAtUs }) => (atUs = type === RECORD_TYPE.tick ? receivedAtUs : 0));
    return atUs;
  };

  it('goes on from an earlier life, with the own clock, and with receipts that are beyond it', () => {
    const time = new MergeTime(5_000_000, 100);
    expect(time.latestReceiptUs).toBe(0);
    expect(timeOf(time.tick(100))).toBe(5_000_000);
    expect(timeOf(time.tick(350))).toBe(5_250_000);
    time.saw(tradeBatch([['BTCUSDT', 1]], 9_000_000), 400);
    expect([time.latestReceiptUs, timeOf(time.tick(401))]).toEqual([9_000_001, 9_001_001]);
  });

  it('never goes back, whatever is read', () => {
    const reads = fc.array(fc.record({ atUs: fc.integer({ min: 1, max: 1e9 }), passedMs: fc.nat(1000) }));
    fc.assert(
      fc.property(fc.nat(1e9), reads, (startUs, all) => {
        const time = new MergeTime(startUs, 0);
        let nowMs = 0;
        let beforeUs = startUs;
        for (const { atUs, passedMs } of all) {
          nowMs += passedMs;
          time.saw(tradeBatch([['BTCUSDT', 1]], atUs), nowMs);
          const nowUs = timeOf(time.tick(nowMs));
          expect(nowUs).toBeGreaterThanOrEqual(Math.max(beforeUs + passedMs * 1000, atUs));
          beforeUs = nowUs;
        }
      }),
    );
  });
});
