import fc from 'fast-check';
import type { BookSide, PriceLevel } from '@org/market-data';
import { OrderBook } from '@org/orderbook';
import { errorWith } from './expected-error.ts';
import { levelBytes } from './level-bytes.ts';

const LAST = Number.MAX_SAFE_INTEGER;
const SIDES: readonly BookSide[] = ['bid', 'ask'];

type Level = readonly [ticks: number, units: number];
type Sides = Readonly<Record<BookSide, readonly Level[]>>;

/** A book that cannot be wrong: a map a side, sorted when asked. */
class MapBook {
  readonly sides = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  decimals: number;

  constructor(decimals: number) {
    this.decimals = decimals;
  }

  apply(levels: Sides): void {
    for (const side of SIDES) {
      for (const [ticks, units] of levels[side]) {
        if (units === 0) this.sides[side].delete(ticks);
        else this.sides[side].set(ticks, units);
      }
    }
  }

  clear(): void {
    for (const side of SIDES) this.sides[side].clear();
  }

  levels(side: BookSide): Level[] {
    return [...this.sides[side]].sort(([a], [b]) => (side === 'bid' ? b - a : a - b));
  }

  /** Whether prices have room for `digits` decimals more; they have them then. */
  widen(digits: number): boolean {
    const factor = 10 ** digits;
    const prices = SIDES.flatMap((side) => [...this.sides[side].keys()]);
    if (prices.some((ticks) => ticks * factor > LAST)) return false;
    for (const side of SIDES) {
      const levels = this.levels(side);
      this.sides[side].clear();
      for (const [ticks, units] of levels) this.sides[side].set(ticks * factor, units);
    }
    this.decimals += digits;
    return true;
  }
}

/** The decimal of an integer of `10^-decimals`, by string surgery alone. */
function textOf(value: number, decimals: number): string {
  const digits = value.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Prices close together, around the borders of pages and of 32 bits, some that are equal in their low 32 bits, far ones. */
const ticks = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 639_400, max: 639_500 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 70 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 + 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: LAST - 70, max: LAST }) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })).map(([a, b]) => a * 2 ** 32 + b),
  },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);
const nearTicks = fc.integer({ min: 639_400, max: 640_400 });
const units = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: LAST - 1000, max: LAST }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }).map((times) => times * 2 ** 32) },
);

function sidesOf(prices: fc.Arbitrary<number>): fc.Arbitrary<Sides> {
  const levels = fc.array(fc.tuple(prices, units), { maxLength: 25 });
  return fc.record({ bid: levels, ask: levels });
}

type Command =
  | { readonly way: 'ticks' | 'offsets' | 'texts' | 'one by one' | 'snapshot'; readonly levels: Sides }
  | { readonly way: 'clear' }
  | { readonly way: 'widen'; readonly digits: number };

function commandsOf(prices: fc.Arbitrary<number>): fc.Arbitrary<Command[]> {
  const ways = fc.constantFrom('ticks' as const, 'offsets' as const, 'texts' as const, 'one by one' as const);
  const command = fc.oneof(
    { weight: 20, arbitrary: fc.record({ way: ways, levels: sidesOf(prices) }) },
    { weight: 1, arbitrary: fc.record({ way: fc.constant('snapshot' as const), levels: sidesOf(prices) }) },
    { weight: 1, arbitrary: fc.constant({ way: 'clear' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ way: fc.constant('widen' as const), digits: fc.constantFrom(1, 2) }),
    },
  );
  return fc.array<Command>(command, { minLength: 1, maxLength: 12 });
}

/** `levels` in the characters of the exchange, at the scale of the book. */
function texts(book: OrderBook, levels: readonly Level[]): PriceLevel[] {
  return levels.map(([price, quantity]) => [
    textOf(price, book.priceDecimals),
    textOf(quantity, book.quantityDecimals),
  ]);
}

function applyLevels(book: OrderBook, way: Exclude<Command['way'], 'clear' | 'widen'>, levels: Sides): void {
  const bids = texts(book, levels.bid);
  const asks = texts(book, levels.ask);
  const { bytes, offsets } = levelBytes(bids, asks);
  if (way === 'ticks')
    book.applyTicks(Float64Array.from([...levels.bid, ...levels.ask].flat()), bids.length, asks.length);
  else if (way === 'offsets') book.applyOffsets(bytes, offsets, bids.length, asks.length);
  else if (way === 'snapshot') book.replaceWithOffsets(bytes, offsets, bids.length, asks.length);
  else if (way === 'texts') book.applyDiff({ bids, asks });
  else
    for (const side of SIDES)
      for (const [price, quantity] of levels[side]) book.setTicks(side, price, quantity);
}

/** Names a price that is finer than all before, with a quantity of nothing. */
function widen(book: OrderBook, map: MapBook, digits: number): void {
  const finest = `1.${'0'.repeat(map.decimals + digits - 1)}1`;
  const wide = () => book.setLevel('bid', finest, '0');
  if (map.decimals + digits > 6) return;
  if (map.widen(digits)) wide();
  else expect(wide).toThrow(errorWith('SCALE_EXCEEDED'));
}

function run(book: OrderBook, map: MapBook, command: Command): void {
  if (command.way === 'widen') {
    widen(book, map, command.digits);
  } else if (command.way === 'clear') {
    book.clear();
    map.clear();
  } else {
    applyLevels(book, command.way, command.levels);
    if (command.way === 'snapshot') map.clear();
    map.apply(command.levels);
  }
}

function expectSame(book: OrderBook, map: MapBook): void {
  expect(book.priceDecimals).toBe(map.decimals);
  const [bids, asks] = [map.levels('bid'), map.levels('ask')];
  const none: Level = [-1, -1];
  expect([book.bestBidTicks, book.bestBidUnits]).toEqual(bids[0] ?? none);
  expect([book.bestAskTicks, book.bestAskUnits]).toEqual(asks[0] ?? none);
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  expect(book.isCrossed).toBe(bid !== undefined && ask !== undefined && bid >= ask);
  for (const side of SIDES) {
    const levels = side === 'bid' ? bids : asks;
    expect(book.count(side)).toBe(levels.length);
    const out = new Float64Array(2 * levels.length + 2);
    expect(book.topTicks(side, Infinity, out)).toBe(levels.length);
    expect([...out.subarray(0, -2)]).toEqual(levels.flat());
    for (const [price, quantity] of levels.slice(0, 3)) {
      const text = textOf(price, map.decimals);
      expect(book.quantityAt(side, text)).toBe(`${quantity}`);
    }
  }
}

function equalsMap(prices: fc.Arbitrary<number>, numRuns: number): void {
  fc.assert(
    fc.property(fc.nat({ max: 2 }), commandsOf(prices), (decimals, commands) => {
      const book = new OrderBook({ priceDecimals: decimals });
      const map = new MapBook(decimals);
      for (const command of commands) {
        run(book, map, command);
        expectSame(book, map);
      }
    }),
    { numRuns },
  );
}

describe('a book in ticks, offsets and texts by turns', () => {
  it('equals a map, with prices near and far, up to 2^53', () => {
    equalsMap(ticks, 200);
  });

  it('equals a map, with prices that are near enough for decimals to widen', () => {
    equalsMap(nearTicks, 100);
  });
});

/** Pages that are equal in the low 32 bits of their prices share one place of the hash table, and are searched in a row. */
it('a book whose pages all collide equals a map while they come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 120 }), { minLength: 300, maxLength: 300 }), (steps) => {
      const book = new OrderBook();
      const map = new MapBook(0);
      for (const [at, step] of steps.entries()) {
        const price = step * 2 ** 32 + (step % 3) * 32;
        const held = map.sides.bid.has(price);
        const levels: Sides = { bid: [[price, held ? 0 : at + 1]], ask: [[price + 5, held ? 0 : at + 1]] };
        applyLevels(book, 'one by one', levels);
        map.apply(levels);
        if (at % 50 === 0) expectSame(book, map);
      }
      expectSame(book, map);
    }),
    { numRuns: 20 },
  );
});
