import { daysToPack } from '../../src/archive/days-to-pack.ts';
import { PartitionTime } from '../../src/cluster/partition-time.ts';

const NOON_MS = Date.UTC(2026, 0, 2, 12);
const PATIENCE_MS = 20_000;

describe('the closing time of a partition', () => {
  const status = (latestReceiptMs: number, isWaiting = false) => ({ partition: 3, latestReceiptUs: latestReceiptMs * 1000, isWaiting }); // prettier-ignore
  const time = () => new PartitionTime({ patienceMs: PATIENCE_MS });

  it('is what collectors were last heard to receive, less what a merge may hold', () => {
    const subject = time();
    expect(subject.closingUs(status(NOON_MS - 3_600_000), NOON_MS)).toBe((NOON_MS - 3_620_000) * 1000);
    expect(subject.closingUs(status(NOON_MS), NOON_MS + 100)).toBe((NOON_MS - PATIENCE_MS) * 1000);
  });

  it('is never ahead of the clock', () => {
    expect(time().closingUs(status(NOON_MS + 60_000), NOON_MS)).toBe((NOON_MS - PATIENCE_MS) * 1000);
  });

  it('goes on by the clock when nothing has come for five minutes, unless rows wait', () => {
    const subject = time();
    const early = NOON_MS - 3_600_000;
    subject.closingUs(status(early), NOON_MS);
    expect(subject.closingUs(status(early), NOON_MS + 299_999)).toBe((early - PATIENCE_MS) * 1000);
    expect(subject.closingUs(status(early), NOON_MS + 300_000)).toBe(
      (NOON_MS + 300_000 - PATIENCE_MS) * 1000,
    );
    expect(subject.closingUs(status(early, true), NOON_MS + 300_000)).toBe((early - PATIENCE_MS) * 1000);
    // Something comes, from a collector that was cut off.
    expect(subject.closingUs(status(early + 1), NOON_MS + 400_000)).toBe((early + 1 - PATIENCE_MS) * 1000);
  });

  it('stands still while rows wait, for five minutes at most', () => {
    const subject = time();
    const [first, later] = [NOON_MS * 1000, (NOON_MS + 100_000) * 1000];
    const at = (afterMs: number, isWaiting: boolean) =>
      subject.closingUs(status(NOON_MS + afterMs, isWaiting), NOON_MS + afterMs) + PATIENCE_MS * 1000;
    expect([at(0, true), at(100_000, true)]).toEqual([first, first]);
    expect([at(100_000, false), at(101_000, true), at(200_000, true)]).toEqual([
      later,
      later + 1e6,
      later + 1e6,
    ]);
    expect([at(400_999, true), at(401_000, true)]).toEqual([later + 1e6, (NOON_MS + 401_000) * 1000]);
  });

  it('closes nothing before anything has come', () => {
    expect(time().closingUs(status(0), NOON_MS)).toBeLessThan(0);
  });
});

describe('the days to pack', () => {
  it('are those of all partitions, the oldest first', () => {
    expect(
      daysToPack([
        'p01/AUSDT/depth_2026-01-03.100.csv',
        'p00/BUSDT/depth_2026-01-02.csv',
        'p00/BUSDT/gaps_2026-01-02T05.1.csv',
        'CUSDT/depth_2026-01-01.csv',
        'p00/rejected_2026-01-04.jsonl',
        'p00/none.csv',
      ]),
    ).toEqual([
      { folder: 'CUSDT', date: '2026-01-01', names: ['depth_2026-01-01.csv'] },
      { partition: 'p00', folder: 'BUSDT', date: '2026-01-02', names: ['depth_2026-01-02.csv', 'gaps_2026-01-02T05.1.csv'] },
      { partition: 'p01', folder: 'AUSDT', date: '2026-01-03', names: ['depth_2026-01-03.100.csv'] },
      { partition: 'p00', folder: '', date: '2026-01-04', names: ['rejected_2026-01-04.jsonl'] },
    ]);
  }); // prettier-ignore
});
