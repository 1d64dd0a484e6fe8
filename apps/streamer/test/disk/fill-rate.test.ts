import fc from 'fast-check';
import { FillRate } from '../../src/disk/fill-rate.ts';

const MIB = 1024 * 1024;

/** Looks every ten seconds at a disk to which these bytes are written and from which these are removed. */
function rateAfter(steps: readonly { own?: number; others?: number; removed?: number }[]): number {
  const rate = new FillRate();
  let sample = { freeBytes: 1e12, writtenBytes: 0 };
  rate.sample(sample, 0);
  steps.forEach(({ own = 0, others = 0, removed = 0 }, at) => {
    const freeBytes = sample.freeBytes - own - others + removed;
    sample = { freeBytes, writtenBytes: sample.writtenBytes + own };
    rate.sample(sample, (at + 1) * 10_000);
  });
  return rate.bytesPerSecond;
}
const times = <Step>(count: number, step: (at: number) => Step) =>
  Array.from({ length: count }, (_, at) => step(at));

describe('the rate by which a disk fills', () => {
  it('is unknown at first, which is 0, and what was written after two looks', () => {
    expect(rateAfter([])).toBe(0);
    expect(rateAfter([{ own: 10 * MIB }])).toBe(MIB);
  });

  it('is that of all who write', () => {
    expect(rateAfter(times(60, () => ({ own: 10 * MIB, others: 30 * MIB })))).toBeCloseTo(4 * MIB);
  });

  it('follows a change within minutes', () => {
    const steps = times(120, (at) => ({ own: (at < 60 ? 10 : 100) * MIB }));
    expect(rateAfter(steps.slice(0, 63)) / MIB).toBeLessThan(2);
    expect(rateAfter(steps) / MIB).toBeGreaterThan(8.5);
  });

  it('does not count the segments of the journal that come and go', () => {
    const sawtooth = times(600, (at) => ({ own: 10 * MIB, others: at % 6 === 0 ? 64 * MIB : 0, removed: at % 6 === 5 ? 64 * MIB : 0 })); // prettier-ignore
    expect(rateAfter(sawtooth) / MIB).toBeLessThan(1.3);
  });

  it('is never less than what the recorder writes, whatever is removed meanwhile', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.nat(200_000), { minLength: 1, maxLength: 100 }),
        (ownMib, removedMib) => {
          const rate = rateAfter(removedMib.map((mib) => ({ own: ownMib * MIB, removed: mib * MIB })));
          expect(rate).toBeGreaterThanOrEqual((ownMib * MIB) / 10 - 1);
          expect(rate).toBeLessThan((ownMib * MIB) / 10 + 1);
        },
      ),
    );
  });

  it('forgets a removal at once, so that others are seen behind it', () => {
    const steps = times(60, (at) => ({
      own: MIB,
      others: 40 * MIB,
      ...(at === 50 ? { removed: 1e11 } : {}),
    }));
    expect(rateAfter(steps) / MIB).toBeGreaterThan(3.8);
  });

  it('takes no notice of a look at the same moment, nor of a counter that fell', () => {
    const rate = new FillRate();
    rate.sample({ freeBytes: 1000, writtenBytes: 500 }, 0);
    rate.sample({ freeBytes: 900, writtenBytes: 600 }, 0);
    expect(rate.bytesPerSecond).toBe(0);
    rate.sample({ freeBytes: 1000, writtenBytes: 0 }, 1000);
    expect(rate.bytesPerSecond).toBe(0);
  });
});
