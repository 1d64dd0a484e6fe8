import fc from 'fast-check';
import { formatTimeUs, isDate, MomentError, parseMoment } from '../src/moment.ts';

const MIDNIGHT_US = 1_721_347_200_000_000;

describe('parseMoment', () => {
  it.each([
    ['2024-07-19T00:00:00Z', MIDNIGHT_US],
    ['2024-07-19T00:00:00', MIDNIGHT_US],
    ['2024-07-19 00:00', MIDNIGHT_US],
    ['2024-07-19', MIDNIGHT_US],
    ['2024-07-19T02:00:00+02:00', MIDNIGHT_US],
    ['2024-07-19T00:00:01.5Z', MIDNIGHT_US + 1_500_000],
    ['2024-07-19T00:00:00.000001Z', MIDNIGHT_US + 1],
    ['2024-07-19T00:00:00.123456789Z', MIDNIGHT_US + 123_456],
    ['1721347200000', MIDNIGHT_US],
    ['1721347200000001', MIDNIGHT_US + 1],
    ['1721347200000001999', MIDNIGHT_US + 1],
    ['t:1721347200', MIDNIGHT_US],
    ['t:1721347200000', MIDNIGHT_US],
    ['t:0', 0],
  ])('reads %s as a time', (text, atUs) => {
    expect(parseMoment(text)).toEqual({ kind: 'time', atUs, text });
  });

  it.each([
    ['0', 0],
    ['259345536', 259_345_536],
    ['4984028384610', 4_984_028_384_610],
    ['12345678901234', 12_345_678_901_234],
    ['u:1721347200000', 1_721_347_200_000],
    ['u:9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s as an update id', (text, updateId) => {
    expect(parseMoment(text)).toEqual({ kind: 'updateId', updateId, text });
  });

  it('reads a time of day on the date that is given', () => {
    expect(parseMoment('00:00:05.25', '2024-07-19')).toMatchObject({
      kind: 'time',
      atUs: MIDNIGHT_US + 5_250_000,
    });
    expect(parseMoment('00:01', '2024-07-19')).toMatchObject({ atUs: MIDNIGHT_US + 60_000_000 });
  });

  it('asks for a date beside a time of day', () => {
    expect(() => parseMoment('00:00:05')).toThrow(/--date/);
  });

  it.each([
    '', ' ', 'now', '-5', '1.5', '1e3', '0x10', 'u:', 'u:-1', 'u:9007199254740992', 't:', 't:abc', 'x:5',
    '2024-02-30', '2024-13-01T00:00:00Z', '2024-07-19T25:00:00Z', '2024-07-19T00:61:00', '2024-07-19T00:00:00Z\n',
    '12345678901234567890', '2024-7-19', '1721347200000 ', '١٢٣',
  ])('refuses %j', (text) => {
    expect(() => parseMoment(text)).toThrow(MomentError);
  }); // prettier-ignore

  it('never throws anything but a MomentError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseMoment(text, '2024-07-19');
        } catch (error) {
          expect(error).toBeInstanceOf(MomentError);
        }
      }),
    );
  });

  it('reads every time back that formatTimeUs prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (us) => {
        expect(parseMoment(formatTimeUs(us))).toMatchObject({ kind: 'time', atUs: us });
      }),
    );
  });
});

describe('isDate', () => {
  it('knows the calendar', () => {
    expect(isDate('2024-02-29')).toBe(true);
    expect(isDate('2023-02-29')).toBe(false);
    expect(isDate('20240229')).toBe(false);
  });
});
