import fc from 'fast-check';
import { compareFileNames, formatFileName, parseFileName, Periods, type Rotation } from '@org/storage-csv';

const DAY_S = 86_400;
const US = 1_000_000;
/** 2000-01-01 to 2100-01-01. */
const moments = fc.integer({ min: 946_684_800 * US, max: 4_102_444_800 * US });
const lengths = fc.constantFrom(
  ...Array.from({ length: DAY_S }, (_, index) => index + 1).filter((lengthS) => DAY_S % lengthS === 0),
);
const rotations = fc.oneof(
  fc.constantFrom<Rotation>('daily', 'hourly'),
  lengths.map((lengthS) => 1000 * lengthS),
);

const nameAt = (periods: Periods, timeUs: number) => periods.name(periods.index(timeUs));
const fileAt = (periods: Periods, timeUs: number) => formatFileName('depth', nameAt(periods, timeUs), 0);

describe('the name of a period', () => {
  it.each<[Rotation, string]>([
    ['daily', '2026-11-22'],
    [86_400_000, '2026-11-22'],
    ['hourly', '2026-11-22T20'],
    [4 * 3_600_000, '2026-11-22T20'],
    [15 * 60_000, '2026-11-22T20-15'],
    [90 * 60_000, '2026-11-22T19-30'],
    [10_000, '2026-11-22T20-15-30'],
    [90_000, '2026-11-22T20-15-00'],
  ])('of rotation %s is %s', (rotation, name) => {
    expect(nameAt(new Periods(rotation), Date.UTC(2026, 10, 22, 20, 15, 36) * 1000)).toBe(name);
  });

  it('says when the period begins, as the name of a file comes back from its text', () => {
    fc.assert(
      fc.property(rotations, moments, (rotation, timeUs) => {
        const periods = new Periods(rotation);
        const file = fileAt(periods, timeUs);
        const { period } = parseFileName(`${file}.gz`)!;
        const [day, time = ''] = period.split('T');
        const startUs = Date.parse(`${day}T${`${time}-00-00-00`.replace(/^-/, '').replaceAll('-', ':').slice(0, 8)}Z`) * 1000; // prettier-ignore
        expect(parseFileName(file)).toEqual({ kind: 'depth', period, part: 0, isCompressed: false });
        expect(timeUs - startUs).toBeGreaterThanOrEqual(0);
        expect(timeUs - startUs).toBeLessThan(periods.lengthMs * 1000);
        expect(startUs % (periods.lengthMs * 1000)).toBe(0);
      }),
    );
  });

  it('sorts as time does, and is one for all of the period', () => {
    fc.assert(
      fc.property(
        rotations,
        moments,
        fc.integer({ min: 0, max: 2 * DAY_S * US }),
        (rotation, timeUs, laterUs) => {
          const periods = new Periods(rotation);
          const [before, after] = [timeUs, timeUs + laterUs].map((at) => parseFileName(fileAt(periods, at))!);
          const isSame = periods.index(timeUs) === periods.index(timeUs + laterUs);
          expect(Math.sign(compareFileNames(before!, after!))).toBe(isSame ? 0 : -1);
        },
      ),
    );
  });

  it.each([0, -10_000, 999, 1500, 7 * 60_000, 2 * 86_400_000, NaN, Infinity])(
    'is not made for a length of %d ms',
    (lengthMs) => expect(() => new Periods(lengthMs)).toThrow(RangeError),
  );

  it('is none with more or fewer digits, or without its hour', () => {
    for (const period of [
      '2026-11-22T20-1',
      '2026-11-22T20-15-30-00',
      '2026-11-22-15',
      '2026-11-22T',
      '2026-11-22T2015',
    ])
      expect(parseFileName(`depth_${period}.csv`)).toBeUndefined();
  });
});
