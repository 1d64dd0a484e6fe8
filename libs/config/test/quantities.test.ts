import fc from 'fast-check';
import { formatByteSize, formatDuration, parseByteSize, parseDuration, QuantityError } from '@org/config';

/** What a function throws, which has to be a QuantityError. */
function fault(run: () => unknown): QuantityError {
  try {
    run();
  } catch (error) {
    if (error instanceof QuantityError) return error;
    throw error;
  }
  throw new Error('expected a QuantityError');
}

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['23h30m', 84_600_000],
    ['1h2m3s4ms', 3_723_004],
    ['90m', 5_400_000],
    ['0ms', 0],
    ['007s', 7000],
  ])('%s is %i ms', (text, durationMs) => expect(parseDuration(text)).toBe(durationMs));

  it.each([
    '',
    '5',
    '5 s',
    ' 5s',
    '5s\n',
    '-5s',
    '+5s',
    '1.5s',
    '5S',
    '5d',
    'h',
    'ms',
    '30m23h',
    '5s5s',
    '1e3s',
    '５s',
    '9007199254741s',
    '9999999999999999s',
  ])('%j is none', (text) => {
    expect(fault(() => parseDuration(text))).toMatchObject({
      code: 'DURATION_INVALID',
      expected: 'a duration like 500ms, 30s, 5m or 24h',
      was: JSON.stringify(text),
    });
  });

  it('come back from their text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(200_000_000)), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
  });

  it('add their parts up', () => {
    const part = fc.option(fc.nat(1_000_000), { nil: undefined });
    fc.assert(
      fc.property(part, part, part, part, (h, m, s, ms) => {
        const text = [h, m, s, ms]
          .map((n, i) => (n === undefined ? '' : `${n}${['h', 'm', 's', 'ms'][i]}`))
          .join('');
        fc.pre(text !== '');
        expect(parseDuration(text)).toBe(
          (h ?? 0) * 3_600_000 + (m ?? 0) * 60_000 + (s ?? 0) * 1000 + (ms ?? 0),
        );
      }),
    );
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53])('have no text for %d', (durationMs) => {
    expect(() => formatDuration(durationMs)).toThrow(QuantityError);
  });
});

describe('sizes', () => {
  it.each([
    ['64MiB', 67_108_864],
    ['256KiB', 262_144],
    ['1GiB', 1_073_741_824],
    ['4096', 4096],
    [4096, 4096],
    ['0', 0],
    [0, 0],
  ])('%s is %i bytes', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  it.each([
    '',
    '64MB',
    '64M',
    '64mib',
    '64 MiB',
    '-1',
    '1.5GiB',
    'MiB',
    '9007199254740992',
    '8388608GiB',
    -1,
    0.5,
    NaN,
    1e21,
  ])('%p is none', (value) => {
    expect(fault(() => parseByteSize(value)).code).toBe('BYTE_SIZE_INVALID');
  });

  it('come back from their text', () => {
    const size = fc.tuple(fc.nat(8_000_000), fc.constantFrom(1, 1024, 1024 ** 2, 1024 ** 3));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeNat(),
          size.map(([n, unit]) => n * unit),
        ),
        (sizeBytes) => {
          expect(parseByteSize(formatByteSize(sizeBytes))).toBe(sizeBytes);
        },
      ),
    );
  });

  it.each([-1, 0.5, NaN])('have no text for %d', (sizeBytes) => {
    expect(() => formatByteSize(sizeBytes)).toThrow(QuantityError);
  });
});
