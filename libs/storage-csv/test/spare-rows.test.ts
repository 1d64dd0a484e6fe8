import fc from 'fast-check';
import { SpareRows } from '../src/rows/spare-rows.ts';

const BYTES_MAX = 64 * 1024;

describe('SpareRows', () => {
  it('gives a file the memory back that it had, empty', () => {
    const spare = new SpareRows(BYTES_MAX);
    const rows = spare.take('BTCUSDT/depth');
    rows.text('x'.repeat(5000));
    const { bytes } = rows;
    spare.keep('BTCUSDT/depth', rows);
    expect(spare.take('ETHUSDT/depth').bytes).not.toBe(bytes);
    const again = spare.take('BTCUSDT/depth');
    expect(again.bytes).toBe(bytes);
    expect(again.length).toBe(0);
    expect(spare.bytes).toBe(0);
  });

  it('never keeps more than its bound, and never hands one piece of memory out twice', () => {
    const use = fc.record({ file: fc.constantFrom('a', 'b', 'c', 'd', 'e'), length: fc.nat(40_000) });
    fc.assert(
      fc.property(fc.array(fc.array(use, { maxLength: 5 }), { maxLength: 8 }), (batches) => {
        const spare = new SpareRows(BYTES_MAX);
        for (const batch of batches) {
          const taken = new Map(batch.map(({ file }) => [file, spare.take(file)]));
          expect(new Set([...taken.values()].map(({ bytes }) => bytes)).size).toBe(taken.size);
          for (const { file, length } of batch) taken.get(file)!.reserve(length);
          for (const [file, rows] of taken) spare.keep(file, rows);
          expect(spare.bytes).toBeLessThanOrEqual(BYTES_MAX);
        }
      }),
    );
  });
});
