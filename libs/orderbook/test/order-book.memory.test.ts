import fc from 'fast-check';
import { OrderBook } from '@org/orderbook';

const EMPTY_BYTES = new OrderBook().memoryBytes;
/** What the documentation promises for a level that has no other within 32 ticks. */
const LEVEL_BYTES_MAX = 400;
/** Levels of a book that wanders. */
const HELD_MAX = 200;

/** Sets `count` levels a side, `gap` ticks apart, to `units`. */
function setMany(book: OrderBook, count: number, gap: number, units: number): void {
  for (let at = 0; at < count; at++) {
    book.setTicks('bid', 10_000_000 - at * gap, units);
    book.setTicks('ask', 10_000_001 + at * gap, units);
  }
}

/** Removes the price that was set first, unless it was set again since. */
function removeOldest(book: OrderBook, held: number[]): void {
  const oldest = held.shift()!;
  if (!held.includes(oldest)) book.setTicks('bid', oldest, 0);
}

describe('the memory of a book', () => {
  it('is at most 10 KiB when it is empty', () => {
    expect(EMPTY_BYTES).toBeLessThanOrEqual(10 * 1024);
  });

  it.each([1, 2, 7, 31, 32, 33, 1000])('is bounded by its levels when they are %p ticks apart', (gap) => {
    const book = new OrderBook();
    for (const count of [100, 1000, 5000]) {
      setMany(book, count, gap, 1);
      expect(book.memoryBytes).toBeLessThanOrEqual(EMPTY_BYTES + 2 * count * LEVEL_BYTES_MAX);
    }
    expect([book.count('bid'), book.count('ask')]).toEqual([5000, 5000]);
  });

  it('is 20 bytes a level at most where there are no holes', () => {
    const book = new OrderBook();
    setMany(book, 5000, 1, 1);
    expect(book.memoryBytes).toBeLessThanOrEqual(2 * 5000 * 20);
  });

  it('is given back when levels go one by one, and when all go', () => {
    const book = new OrderBook();
    setMany(book, 5000, 100, 1);
    setMany(book, 4900, 100, 0);
    expect([book.count('bid'), book.count('ask')]).toEqual([100, 100]);
    expect(book.memoryBytes).toBeLessThanOrEqual(EMPTY_BYTES + 4 * 2 * 100 * LEVEL_BYTES_MAX);
    book.clear();
    expect(book.memoryBytes).toBe(EMPTY_BYTES);
  });

  it('takes nothing for a message that only removes what is not there', () => {
    const book = new OrderBook();
    const levels = Float64Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? 50 * at : 0));
    book.applyTicks(levels, 1000, 0);
    expect(book.memoryBytes).toBe(EMPTY_BYTES);
  });

  it('stays what its levels need while the price wanders', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(3, 40, 7000), (seed, stepMax) => {
        const book = new OrderBook();
        const held: number[] = [];
        let ticks = 2 ** 33;
        let bytesMax = 0;
        for (let at = 0; at < 3000; at++) {
          ticks += Math.imul(at + seed, 0x9e3779b1) % (stepMax + 1);
          book.setTicks('bid', ticks, 1 + at);
          held.push(ticks);
          if (held.length > HELD_MAX) removeOldest(book, held);
          bytesMax = Math.max(bytesMax, book.memoryBytes);
        }
        expect(book.count('bid')).toBe(new Set(held).size);
        expect(bytesMax).toBeLessThanOrEqual(EMPTY_BYTES + (HELD_MAX + 1) * LEVEL_BYTES_MAX);
      }),
      { numRuns: 20 },
    );
  });
});
