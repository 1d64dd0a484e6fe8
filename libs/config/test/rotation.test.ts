import fc from 'fast-check';
import { ConfigError, formatDuration, loadConfig } from '@org/config';

const DAY_S = 86_400;

const rotationOf = (text: string) =>
  loadConfig({ text: `symbols: {pairs: [BTCUSDT]}\nstorage: {rotation: ${text}}` }).storage.rotation;

describe('storage.rotation', () => {
  it.each([
    ['daily', 'daily'],
    ['24h', 'daily'],
    ['hourly', 'hourly'],
    ['60m', 'hourly'],
    ['10s', 10_000],
    ['15m', 900_000],
    ['90m', 5_400_000],
    ['4h', 14_400_000],
  ])('%s is %j', (text, rotation) => expect(rotationOf(text)).toBe(rotation));

  it('takes a number of seconds when it divides a day and is ten or more, and no other', () => {
    const seconds = fc.oneof(
      fc.integer({ min: 1, max: 2 * DAY_S }),
      fc.constantFrom(10, 12, 90, 675, 43_200),
    );
    fc.assert(
      fc.property(seconds, (lengthS) => {
        const text = formatDuration(1000 * lengthS);
        if (lengthS < 10 || DAY_S % lengthS !== 0) expect(() => rotationOf(text)).toThrow(ConfigError);
        else expect([1000 * lengthS, 'daily', 'hourly']).toContain(rotationOf(text));
      }),
    );
  });
});
