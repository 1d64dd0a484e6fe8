import fc from 'fast-check';
import { ConfigError, loadConfig } from '@org/config';

const limitOf = (value: unknown) =>
  loadConfig({
    text: 'symbols: {pairs: [BTCUSDT]}',
    overrides: [{ path: 'storage.free_space.stop', value: value as string, source: 'test' }],
  }).storage.freeSpace.stop;

const fault = (value: unknown): string => {
  try {
    limitOf(value);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
};

describe('a limit of free space', () => {
  it.each([
    ['auto', { percent: 1, bytes: 2 * 1024 ** 3 }],
    ['0', { percent: 100, bytes: 0 }],
    ['0%', { percent: 0, bytes: Number.MAX_SAFE_INTEGER }],
    ['2.5%', { percent: 2.5, bytes: Number.MAX_SAFE_INTEGER }],
    ['100%', { percent: 100, bytes: Number.MAX_SAFE_INTEGER }],
    ['10GiB', { percent: 100, bytes: 10 * 1024 ** 3 }],
    ['4096', { percent: 100, bytes: 4096 }],
  ])('%s is a share of the disk and a size', (value, limit) => expect(limitOf(value)).toEqual(limit));

  it.each(['', '101%', '-1', '5 %', '5.123%', '5percent', '10GB', 'automatic', '%', '1e3'])(
    '%j is none, and the fault says what is',
    (value) => {
      expect(fault(value)).toMatch(
        /^test: storage\.free_space\.stop: expected auto \(1% or 2GiB\), a share like 2\.5%, or a size like 10GiB, was /,
      );
    },
  );

  it('survives the way to the children, which is JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
          fc.nat().map(String),
        ),
        (value) => {
          expect(JSON.parse(JSON.stringify(limitOf(value)))).toEqual(limitOf(value));
        },
      ),
    );
  });
});
