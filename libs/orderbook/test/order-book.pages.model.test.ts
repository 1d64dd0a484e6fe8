import fc from 'fast-check';
import { OrderBook } from '@org/orderbook';

/** Both sides hold the same prices, so that one map says what either must show. */
class TwinBook {
  readonly book = new OrderBook();
  readonly held = new Map<number, number>();

  apply(levels: readonly (readonly [ticks: number, units: number])[]): void {
    const one = levels.flat();
    this.book.applyTicks(Float64Array.from([...one, ...one]), levels.length, levels.length);
    for (const [ticks, units] of levels) {
      if (units === 0) this.held.delete(ticks);
      else this.held.set(ticks, units);
    }
  }

  expectSame(): void {
    const rising = [...this.held].sort(([a], [b]) => a - b);
    expect(this.#shown('ask')).toEqual(rising.flat());
    expect(this.#shown('bid')).toEqual(rising.reverse().flat());
    const { bestAskTicks, bestAskUnits, bestBidTicks, bestBidUnits } = this.book;
    expect([bestBidTicks, bestBidUnits]).toEqual(rising[0] ?? [-1, -1]);
    expect([bestAskTicks, bestAskUnits]).toEqual(rising.at(-1) ?? [-1, -1]);
  }

  #shown(side: 'bid' | 'ask'): number[] {
    const count = this.book.count(side);
    const out = new Float64Array(2 * count + 2);
    expect(this.book.topTicks(side, Infinity, out)).toBe(count);
    return [...out.subarray(0, 2 * count)];
  }
}

/** Pages that want one place, whatever the size of the table of near pages; and borders of what it knows. */
const STRIDES = [32, 32 * 16, 32 * 32, 32 * 64, 32 * 128, 32 * 4096, 2 ** 26, 2 ** 31, 2 ** 32, 2 ** 44];

describe('a book whose pages come and go', () => {
  it.each(STRIDES)('equals a map when they are %p ticks apart', (stride) => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), fc.constantFrom(3, 40, 300), (numbers, pages) => {
        const twin = new TwinBook();
        const next = (max: number) => (numbers.next().value as number) % max;
        for (let message = 1; message <= 60; message++) {
          // The share of removals goes up and down, so that pages empty in great numbers and fill again.
          const removals = message % 20 < 10 ? 1 : 6;
          const levels = Array.from({ length: 1 + next(25) }, () => {
            const ticks = next(pages) * stride + next(3) * 31 + next(2);
            return [ticks, next(7) < removals ? 0 : message] as const;
          });
          twin.apply(levels);
          if (message % 6 === 0) twin.expectSame();
        }
      }),
      { numRuns: 10 },
    );
  });

  it('equals a map while its price wanders and leaves empty pages behind', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(7, 50, 3000), (seed, step) => {
        const twin = new TwinBook();
        let middle = 2 ** 31 - 60_000;
        for (let at = 1; at <= 1200; at++) {
          middle += step + (Math.imul(at ^ seed, 0x9e3779b1) % step);
          const gone = [...twin.held.keys()].slice(0, Math.max(0, twin.held.size - 60));
          twin.apply([[middle, at], [middle + 1, at + 1], ...gone.map((ticks) => [ticks, 0] as const)]); // prettier-ignore
          if (at % 100 === 0) twin.expectSame();
        }
      }),
      { numRuns: 10 },
    );
  });

  it('forgets all of them when it is cleared, and takes new ones in their places', () => {
    const twin = new TwinBook();
    for (const offset of [0, 7, 32 * 50]) {
      twin.apply(Array.from({ length: 100 }, (_, at) => [offset + 40 * at, 1 + at] as const));
      twin.expectSame();
      twin.book.clear();
      twin.held.clear();
      twin.apply([[40, 0], [80, 5]]); // prettier-ignore
      twin.expectSame();
    }
  });

  it.each(['bid', 'ask'] as const)('widens by the farthest %s that is left, not by an empty page', (side) => {
    const book = new OrderBook();
    const far = 2 ** 52;
    for (const ticks of [5, 90, far]) book.setTicks(side, ticks, 1);
    expect(() => book.setLevel('bid', '0.1', '0')).toThrow('2^53');
    book.setTicks(side, far, 0);
    book.setLevel('bid', '0.1', '0');
    expect([...book.levels(side)].length).toBe(2);
    expect(book.priceDecimals).toBe(1);
  });
});

describe('a message with a malformed level at its end', () => {
  it('changes neither what is held nor what follows, however many pages it names', () => {
    const twin = new TwinBook();
    twin.apply([[100, 1], [9000, 2]]); // prettier-ignore
    const pages = Array.from({ length: 500 }, (_, at) => [at * 64, 3]).flat();
    for (const wrong of [NaN, -1, 0.5, 2 ** 53]) {
      const levels = Float64Array.from([...pages, 5, wrong]);
      expect(() => twin.book.applyTicks(levels, 501, 0)).toThrow('ticks and units');
      twin.expectSame();
    }
    expect(twin.book.memoryBytes).toBeLessThanOrEqual(new OrderBook().memoryBytes);
  });
});
