import { OrderBook, OrderBookError } from '@org/orderbook';
import { errorWith } from './expected-error.ts';
import { levelBytes } from './level-bytes.ts';

const LAST = Number.MAX_SAFE_INTEGER;

function bestOf(book: OrderBook): number[] {
  return [book.bestBidTicks, book.bestBidUnits, book.bestAskTicks, book.bestAskUnits];
}

function errorOf(run: () => void): OrderBookError {
  try {
    run();
  } catch (error) {
    if (error instanceof OrderBookError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

describe('an order book in ticks and units', () => {
  it('takes levels by turns, bids first, in steps of its own decimals', () => {
    const book = new OrderBook({ priceDecimals: 1, quantityDecimals: 3 });
    book.applyTicks(Float64Array.of(639438, 1000, 639439, 46372, 639441, 2000, 639440, 95), 2, 2);
    expect(bestOf(book)).toEqual([639439, 46372, 639440, 95]);
    expect([book.bestBid(), book.bestAsk()]).toEqual([['63943.9', '46.372'], ['63944', '0.095']]); // prettier-ignore
    book.applyTicks(Float64Array.of(639440, 0), 0, 1);
    book.setTicks('bid', 639439, 0);
    expect(bestOf(book)).toEqual([639438, 1000, 639441, 2000]);
  });

  it('takes what a reader found as ticks in the decimals of the book, and by its texts in others', () => {
    const texts = levelBytes([['63943.90', '46.372']], []);
    // Integers that the texts do not say, to tell which of the two was used.
    const raw = { ...texts, bidCount: 1, askCount: 0, ticks: Float64Array.of(7, 8) };
    const book = new OrderBook({ priceDecimals: 1, quantityDecimals: 3 });
    book.applyRaw({ ...raw, priceDecimals: 1, quantityDecimals: 3 });
    expect([...book.levels('bid')]).toEqual([['0.7', '0.008']]);
    for (const [priceDecimals, quantityDecimals] of [
      [2, 3],
      [1, 2],
      [-1, -1],
    ] as const) {
      // prettier-ignore
      book.replaceWithRaw({ ...raw, bidCount: 0, priceDecimals, quantityDecimals });
      book.applyRaw({ ...raw, priceDecimals, quantityDecimals });
      expect([...book.levels('bid')]).toEqual([['63943.9', '46.372']]);
    }
    book.replaceWithRaw({ ...raw, priceDecimals: 1, quantityDecimals: 3 });
    expect([...book.levels('bid')]).toEqual([['63943.9', '46.372']]);
  });

  it('has best ticks and units of -1 on an empty side, and is not crossed', () => {
    const book = new OrderBook();
    expect(bestOf(book)).toEqual([-1, -1, -1, -1]);
    book.setTicks('bid', 0, 7);
    expect([...bestOf(book), book.isCrossed]).toEqual([0, 7, -1, -1, false]);
    book.setTicks('ask', 0, 8);
    expect([...bestOf(book), book.isCrossed]).toEqual([0, 7, 0, 8, true]);
  });

  it('reads no further than the counts say', () => {
    const book = new OrderBook();
    book.applyTicks(Float64Array.of(5, 1, 6, 1, NaN, 1), 1, 1);
    expect(bestOf(book)).toEqual([5, 1, 6, 1]);
  });

  it('copies the top as far as there are levels, and as there is room', () => {
    const book = new OrderBook();
    book.applyTicks(Float64Array.of(1, 10, 70, 20, 2, 30, 40, 1, 4000, 2), 3, 2);
    const out = new Float64Array(7).fill(-5);
    expect(book.topTicks('bid', 2, out)).toBe(2);
    expect([...out]).toEqual([70, 20, 2, 30, -5, -5, -5]);
    expect(book.topTicks('bid', 9, out)).toBe(3);
    expect([...out]).toEqual([70, 20, 2, 30, 1, 10, -5]);
    expect(book.topTicks('ask', 9, out)).toBe(2);
    expect([...out.subarray(0, 4)]).toEqual([40, 1, 4000, 2]);
    expect(book.topTicks('bid', Infinity, new Float64Array(3))).toBe(1);
    expect([book.topTicks('bid', 0, out), new OrderBook().topTicks('ask', 5, out)]).toEqual([0, 0]);
  });

  it('tells the decimals of this moment, which a text may widen', () => {
    const book = new OrderBook();
    book.setTicks('bid', 12, 3);
    expect([book.priceDecimals, book.quantityDecimals]).toEqual([0, 0]);
    book.setLevel('ask', '12.5', '0.001');
    expect([book.priceDecimals, book.quantityDecimals]).toEqual([1, 3]);
    expect(bestOf(book)).toEqual([120, 3000, 125, 1]);
  });

  it.each(['bid', 'ask'] as const)(
    'does not widen when the farthest of neighbouring %s levels has no room',
    (side) => {
      const book = new OrderBook();
      const farthest = Math.floor(LAST / 10) + 1;
      for (let ticks = farthest - 4; ticks <= farthest; ticks++) book.setTicks(side, ticks, 1);
      expect(() => book.setLevel(side, '0.1', '1')).toThrow(errorWith('SCALE_EXCEEDED'));
      book.setTicks(side, farthest, 0);
      book.setLevel(side, '0.1', '1');
      expect([book.count(side), book.priceDecimals]).toEqual([5, 1]);
    },
  );

  it.each([-1, 0.5, NaN, Infinity, -Infinity, LAST + 1])('refuses %p, and applies nothing', (wrong) => {
    const book = new OrderBook();
    book.applyTicks(Float64Array.of(10, 1, 11, 1), 1, 1);
    for (const [at, side] of ['bid', 'bid', 'ask'].entries()) {
      for (const number of [0, 1]) {
        const levels = Float64Array.of(10, 0, 9, 5, 11, 0);
        levels[2 * at + number] = wrong;
        const error = errorOf(() => book.applyTicks(levels, 2, 1));
        const [price, quantity] = [String(levels[2 * at]), String(levels[2 * at + 1])];
        expect(error).toMatchObject({ code: 'LEVEL_MALFORMED', level: { side, price, quantity } });
      }
    }
    expect(() => book.setTicks('bid', wrong, 1)).toThrow(errorWith('LEVEL_MALFORMED'));
    expect(() => book.setTicks('ask', 1, wrong)).toThrow(errorWith('LEVEL_MALFORMED'));
    expect(bestOf(book)).toEqual([10, 1, 11, 1]);
  });

  it('takes zero in both signs', () => {
    const book = new OrderBook();
    book.applyTicks(Float64Array.of(-0, 4, 3, 1, 3, -0), 3, 0);
    expect([...book.levels('bid')]).toEqual([['0', '4']]);
    expect(Object.is(book.bestBidTicks, 0)).toBe(true);
  });

  it.each([
    [2, 2],
    [-1, 3],
    [3, -1],
    [1.5, 0],
    [NaN, 0],
    [0, Infinity],
  ])('refuses counts of %p bids and %p asks for three levels', (bidCount, askCount) => {
    const book = new OrderBook();
    const { bytes, offsets } = levelBytes([['1', '1'], ['2', '1'], ['3', '1']], []); // prettier-ignore
    const refused = errorWith('LEVEL_MALFORMED');
    expect(() => book.applyTicks(new Float64Array(6).fill(1), bidCount, askCount)).toThrow(refused);
    expect(() => book.applyOffsets(bytes, offsets, bidCount, askCount)).toThrow(refused);
    expect(() => book.replaceWithOffsets(bytes, offsets, bidCount, askCount)).toThrow(refused);
    expect(book.count('bid') + book.count('ask')).toBe(0);
  });
});

describe('an order book from the bytes of a frame', () => {
  it('sets levels, and replaces all by those of a snapshot', () => {
    const book = new OrderBook();
    const diff = levelBytes([['63943.80', '1.000'], ['63943.90', '46.372']], [['63944.00', '0.0950']]); // prettier-ignore
    book.applyOffsets(diff.bytes, diff.offsets, 2, 1);
    expect(book.top(5)).toEqual({ bids: [['63943.9', '46.372'], ['63943.8', '1']], asks: [['63944', '0.095']] }); // prettier-ignore
    const snapshot = levelBytes([], [['9', '1']]);
    book.replaceWithOffsets(snapshot.bytes, snapshot.offsets, 0, 1);
    expect(book.top(5)).toEqual({ bids: [], asks: [['9', '1']] });
  });

  it('reads a message again when a level in its middle widens the decimals', () => {
    const book = new OrderBook();
    const { bytes, offsets } = levelBytes([['1', '1'], ['2.5', '0.25'], ['0.001', '4']], [['4.75', '9']]); // prettier-ignore
    book.applyOffsets(bytes, offsets, 3, 1);
    expect(book.top(5)).toEqual({ bids: [['2.5', '0.25'], ['1', '1'], ['0.001', '4']], asks: [['4.75', '9']] }); // prettier-ignore
  });

  it('applies nothing of a message with a malformed level, and names it', () => {
    const book = new OrderBook();
    book.setLevel('ask', '8', '1');
    const wrong = ['1O', '1'] as const;
    for (const side of ['bid', 'ask'] as const) {
      const bids = [['7', '1'], ['6', '1']] as [string, string][]; // prettier-ignore
      const asks = [['8', '0']] as [string, string][];
      (side === 'bid' ? bids : asks).push([...wrong]);
      const { bytes, offsets } = levelBytes(bids, asks);
      const refused = errorWith('LEVEL_MALFORMED', { level: { side, price: '1O', quantity: '1' } });
      expect(() => book.applyOffsets(bytes, offsets, bids.length, asks.length)).toThrow(refused);
      expect(() => book.replaceWithOffsets(bytes, offsets, bids.length, asks.length)).toThrow(refused);
    }
    expect(book.top(5)).toEqual({ bids: [], asks: [['8', '1']] });
  });

  it.each([
    [0, 100, 4, 5],
    [-1, 1, 4, 5],
    [0, 1, 4, 100],
    [0, 1, -2, 5],
    [1, 0, 4, 5],
    [0, 0, 4, 5],
  ])('refuses the ranges %p to %p and %p to %p of eight bytes', (...ranges) => {
    const book = new OrderBook();
    const bytes = Buffer.from('12345678', 'latin1');
    const refused = errorWith('LEVEL_MALFORMED');
    expect(() => book.applyOffsets(bytes, Int32Array.from(ranges), 1, 0)).toThrow(refused);
    expect(() => book.setLevelBytes('bid', bytes, ...ranges)).toThrow(refused);
    expect(book.count('bid')).toBe(0);
  });
});
