import fc from 'fast-check';
import {
  DecimalError,
  decimalToUnits,
  NEEDS_MORE_DECIMALS,
  readLevelUnits,
  readUnits,
} from '@org/market-data';

/** A message of levels, and where their numbers stand in it. */
function message(levels: readonly (readonly [price: string, quantity: string])[], before = '') {
  let text = before;
  const offsets: number[] = [];
  for (const level of levels) {
    for (const number of level) {
      offsets.push(text.length, text.length + number.length);
      text += `${number}","`;
    }
  }
  return { bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)), offsets: Int32Array.from(offsets) };
}

const wholePart = fc.oneof(
  fc.nat(99_999).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 17n }).map(String),
  fc.constantFrom('0', '00', '007', '999999999'),
);
const fraction = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.nat(999_999_999), fc.integer({ min: 0, max: 3 }))
  .map(([length, digits, zeros]) => String(digits).padStart(9, '0').slice(0, length) + '0'.repeat(zeros));
const decimal = fc
  .tuple(wholePart, fraction)
  .map(([whole, part]) => (part === '' ? whole : `${whole}.${part}`));
/** Numbers of a column look alike on the wire; here most of them do. */
const usual = fc.tuple(fc.nat(99_999), fc.nat(99)).map(([a, b]) => `${a}.${String(b).padStart(2, '0')}`);
const number = fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: decimal });
const decimals = fc.integer({ min: 0, max: 10 });

/** What readUnits gives for each number; the level of the first that it refuses, and how. */
function oneByOne({ bytes, offsets }: ReturnType<typeof message>, scales: readonly [number, number]) {
  const units: number[] = [];
  for (let at = 0; at < offsets.length; at += 2) {
    const value = readUnits(bytes, offsets[at]!, offsets[at + 1]!, scales[(at / 2) % 2]!);
    if (value === NEEDS_MORE_DECIMALS) return units.slice(0, Math.floor(at / 4) * 2);
    units.push(value);
  }
  return units;
}

describe('the levels of a message', () => {
  it('become the units that each number alone becomes, up to the first that needs more decimals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number), { maxLength: 12 }),
        fc.tuple(decimals, decimals),
        (levels, scales) => {
          const read = message(levels, '{"b":[["');
          const out = new Float64Array(2 * levels.length + 2).fill(-7);
          let expected: number[] | undefined;
          try {
            expected = oneByOne(read, scales);
          } catch (error) {
            expect(error).toBeInstanceOf(DecimalError);
          }
          const run = () => readLevelUnits(read.bytes, read.offsets, levels.length, ...scales, out);
          if (expected === undefined) {
            expect(run).toThrow(DecimalError);
            return;
          }
          expect(run()).toBe(expected.length / 2);
          expect([...out.subarray(0, expected.length)]).toEqual(expected);
          expect(out.at(-1)).toBe(-7);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are exact where a scale is finer or coarser than the text', () => {
    const { bytes, offsets } = message([['63943.90', '46.371'], ['64000.10', '0.000'], ['7.00', '12345.678']]); // prettier-ignore
    const out = new Float64Array(6);
    expect(readLevelUnits(bytes, offsets, 3, 1, 3, out)).toBe(3);
    expect([...out]).toEqual([639439, 46371, 640001, 0, 70, 12345678]);
    expect(readLevelUnits(bytes, offsets, 3, 8, 6, out)).toBe(3);
    expect([...out]).toEqual([6394390000000, 46371000, 6400010000000, 0, 700000000, 12345678000]);
    expect(readLevelUnits(bytes, offsets, 3, 0, 3, out)).toBe(0);
    expect(readLevelUnits(bytes, offsets, 3, 1, 2, out)).toBe(0);
    expect(readLevelUnits(bytes, offsets, 0, 1, 2, out)).toBe(0);
  });

  it.each(['', '.', '1.', '.5', '-1', '1e3', '1,5', ' 1', '1.2.3', '1..2', '12x4.50', '9007199254740992'])(
    'are refused when one of them is %j',
    (text) => {
      for (const levels of [[[text, '1']], [['1', text]], [['1.50', '2'], [text, '3']], [['1.50', '2.25'], ['1.75', text]]] as [string, string][][]) {
        const { bytes, offsets } = message(levels, '"');
        const out = new Float64Array(4);
        expect(() => readLevelUnits(bytes, offsets, levels.length, 2, 2, out)).toThrow(DecimalError);
      } // prettier-ignore
    },
  );

  it('hold the largest integers', () => {
    const largest = String(Number.MAX_SAFE_INTEGER);
    const { bytes, offsets } = message([
      [largest, '999999999'],
      ['1000000000', '4294967296'],
    ]);
    const out = new Float64Array(4);
    expect(readLevelUnits(bytes, offsets, 2, 0, 0, out)).toBe(2);
    expect([...out]).toEqual([largest, '999999999', '1000000000', '4294967296'].map((text) => decimalToUnits(text, 0))); // prettier-ignore
  });
});
