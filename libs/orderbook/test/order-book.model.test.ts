import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BookSide, PriceLevel } from '@org/market-data';
import { OrderBook } from '@org/orderbook';

const DECIMALS = 8;

/** A book that cannot be wrong: a map a side, keyed by the price in its smallest unit, sorted when asked. */
class NaiveBook {
  readonly sides = { bid: new Map<bigint, bigint>(), ask: new Map<bigint, bigint>() };

  set(side: BookSide, price: bigint, quantity: bigint): void {
    if (quantity === 0n) this.sides[side].delete(price);
    else this.sides[side].set(price, quantity);
  }

  levels(side: BookSide): PriceLevel[] {
    const sorted = [...this.sides[side]].sort(([a], [b]) => (a < b === (side === 'bid') ? 1 : -1));
    return sorted.map(([price, quantity]) => [textOf(price), textOf(quantity)]);
  }

  checksum(): string {
    const lines = (side: BookSide) => this.levels(side).map((level) => `${side[0]} ${level.join(' ')}\n`);
    return createHash('sha256')
      .update([...lines('bid'), ...lines('ask')].join(''))
      .digest('hex');
  }
}

/** The decimal of an integer of 10^-8, by string surgery alone. */
function textOf(value: bigint): string {
  const digits = value.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}

interface Change {
  readonly side: BookSide;
  readonly price: bigint;
  readonly quantity: bigint;
  /** Zeros that the text has behind its last digit, as on the wire. */
  readonly padding: number;
}

/** Few prices close together, so that changes meet; some far away; and now and then one that is finer than all before. */
const price = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 990, max: 1010 }).map((ticks) => BigInt(ticks) * 10n ** 7n) },
  { weight: 2, arbitrary: fc.constantFrom(1n, 500_000n, 9n * 10n ** 14n, 89n * 10n ** 13n) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 7 }).map((zeros) => 100n * 10n ** 8n + 10n ** BigInt(zeros)),
  },
);
const quantity = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 5000 }).map((steps) => BigInt(steps) * 10n ** 5n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 9n * 10n ** 15n }) },
);
const change: fc.Arbitrary<Change> = fc.record({
  side: fc.constantFrom<BookSide>('bid', 'ask'),
  price,
  quantity,
  padding: fc.integer({ min: 0, max: 3 }),
});

function wireText(value: bigint, padding: number): string {
  const text = textOf(value);
  return text.includes('.')
    ? text + '0'.repeat(padding)
    : padding > 0
      ? `${text}.${'0'.repeat(padding)}`
      : text;
}

const wireLevel = ({ price, quantity, padding }: Change): PriceLevel => [
  wireText(price, padding),
  wireText(quantity, padding),
];

type Apply = (book: OrderBook, changes: readonly Change[]) => void;

const WAYS: Record<string, Apply> = {
  'as diffs of both sides': (book, changes) => {
    const levels = (side: BookSide) => changes.filter((one) => one.side === side).map(wireLevel);
    book.applyDiff({ bids: levels('bid'), asks: levels('ask') });
  },
  'side by side': (book, changes) => {
    for (const side of ['ask', 'bid'] as const) {
      book.applyLevels(side, changes.filter((one) => one.side === side).map(wireLevel));
    }
  },
  'level by level': (book, changes) => {
    for (const one of changes) book.setLevel(one.side, ...wireLevel(one));
  },
  'level by level from bytes': (book, changes) => {
    for (const one of changes) {
      const [priceText, quantityText] = wireLevel(one);
      const bytes = Uint8Array.from(`["${priceText}","${quantityText}"]`, (character) =>
        character.charCodeAt(0),
      );
      const quantityStart = 2 + priceText.length + 3;
      book.setLevelBytes(
        one.side,
        bytes,
        2,
        2 + priceText.length,
        quantityStart,
        quantityStart + quantityText.length,
      );
    }
  },
};

function expectSame(book: OrderBook, naive: NaiveBook): void {
  const bids = naive.levels('bid');
  const asks = naive.levels('ask');
  expect([...book.levels('bid')]).toEqual(bids);
  expect([...book.levels('ask')]).toEqual(asks);
  expect([book.bestBid(), book.bestAsk()]).toEqual([bids[0], asks[0]]);
  expect([book.count('bid'), book.count('ask')]).toEqual([bids.length, asks.length]);
  expect(book.top(3)).toEqual({ bids: bids.slice(0, 3), asks: asks.slice(0, 3) });
  for (const [priceText, quantityText] of bids) expect(book.quantityAt('bid', priceText)).toBe(quantityText);
  expect(book.checksum()).toBe(naive.checksum());
}

describe.each(Object.entries(WAYS))('a book that is changed %s', (_, apply) => {
  it('equals a map after every message', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 8 }), (messages) => {
        const book = new OrderBook();
        const naive = new NaiveBook();
        for (const changes of messages) {
          apply(book, changes);
          for (const one of changes) naive.set(one.side, one.price, one.quantity);
          expectSame(book, naive);
        }
      }),
      { numRuns: 100 },
    );
  });
});

it('a book that grows over many levels and shrinks again equals a map', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1999 }), { minLength: 6000, maxLength: 6000 }), (prices) => {
      const book = new OrderBook();
      const naive = new NaiveBook();
      for (const removes of [false, true]) {
        for (let left = 3000; left > 0; left--) {
          const ticks = BigInt(prices[removes ? left - 1 : 5999 - left]!);
          const steps = removes ? 0n : BigInt(left);
          for (const side of ['bid', 'ask'] as const) {
            book.setLevel(side, `${ticks}`, `${steps}`);
            naive.set(side, ticks * 10n ** 8n, steps * 10n ** 8n);
          }
        }
        expectSame(book, naive);
      }
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

it('a snapshot leaves nothing of what was held before', () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (before, after) => {
      const levels = (changes: readonly Change[], side: BookSide) =>
        changes.filter((one) => one.side === side).map(wireLevel);
      const book = new OrderBook();
      const fresh = new OrderBook();
      book.replaceWith({ bids: levels(before, 'bid'), asks: levels(before, 'ask') });
      for (const one of [book, fresh])
        one.replaceWith({ bids: levels(after, 'bid'), asks: levels(after, 'ask') });
      expect(book.checksum()).toBe(fresh.checksum());
    }),
    { numRuns: 50 },
  );
});
