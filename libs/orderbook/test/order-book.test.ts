import { createHash } from 'node:crypto';
import type { BookSide, PriceLevel } from '@org/market-data';
import { OrderBook, OrderBookError } from '@org/orderbook';
import { errorWith } from './expected-error.ts';

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const sides: readonly BookSide[] = ['bid', 'ask'];

function bookOf(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): OrderBook {
  const book = new OrderBook();
  book.replaceWith({ bids, asks });
  return book;
}

describe('an order book', () => {
  it('gives the best level of each side, and text without trailing zeros', () => {
    const book = bookOf([['63943.80', '1.000'], ['63943.90', '46.372']], [['63944.10', '2'], ['63944.00', '0.0950']]); // prettier-ignore
    expect(book.bestBid()).toEqual(['63943.9', '46.372']);
    expect(book.bestAsk()).toEqual(['63944', '0.095']);
    expect([book.count('bid'), book.count('ask'), book.isCrossed]).toEqual([2, 2, false]);
  });

  it('has no best level on an empty side, and is not crossed', () => {
    const book = bookOf([['1', '1']], []);
    expect([book.bestBid(), book.bestAsk(), book.isCrossed]).toEqual([['1', '1'], undefined, false]);
    expect(new OrderBook().top(5)).toEqual({ bids: [], asks: [] });
  });

  it('lists levels best first, all or as many as asked for', () => {
    const levels: PriceLevel[] = [['3', '1'], ['1', '2'], ['2', '3']]; // prettier-ignore
    const book = bookOf(levels, levels);
    expect(book.top(2)).toEqual({ bids: [['3', '1'], ['2', '3']], asks: [['1', '2'], ['2', '3']] }); // prettier-ignore
    expect(book.top(0)).toEqual({ bids: [], asks: [] });
    expect([...book.levels('bid')].map(([price]) => price)).toEqual(['3', '2', '1']);
    expect([...book.levels('ask')].map(([price]) => price)).toEqual(['1', '2', '3']);
  });

  it('iterates the levels of the moment, whatever happens to the book meanwhile', () => {
    const book = bookOf([['3', '1'], ['2', '1']], []); // prettier-ignore
    const levels = book.levels('bid');
    book.setLevel('bid', '2.55', '0.001');
    book.setLevel('bid', '2', '0');
    expect([...levels]).toEqual([['3', '1'], ['2', '1']]); // prettier-ignore
  });

  it('replaces quantities, removes at zero, and takes the removal of an unknown level as normal', () => {
    const book = bookOf([['10', '1'], ['9', '1']], [['11', '1']]); // prettier-ignore
    book.applyLevels('bid', [['10', '5'], ['9', '0.000'], ['8', '0'], ['10.5', '0']]); // prettier-ignore
    expect([...book.levels('bid')]).toEqual([['10', '5']]);
    expect(book.count('ask')).toBe(1);
  });

  it('keeps the sides apart: a removal on one side leaves the same price on the other', () => {
    const book = bookOf([['61778.00', '1']], [['61779.00', '2']]);
    book.applyLevels('ask', [['61778.00', '0']]);
    expect([book.bestBid(), book.bestAsk()]).toEqual([['61778', '1'], ['61779', '2']]); // prettier-ignore
  });

  it('is crossed when the best bid is at or above the best ask', () => {
    expect(bookOf([['10', '1']], [['10', '1']]).isCrossed).toBe(true);
    expect(bookOf([['10.01', '1']], [['10', '1']]).isCrossed).toBe(true);
    expect(bookOf([['9.99', '1']], [['10', '1']]).isCrossed).toBe(false);
  });

  it('tells the quantity at a price in any spelling of it, and zero where there is none', () => {
    const book = bookOf([['10.50', '1.250']], []);
    expect(['10.5', '10.50', '010.500'].map((price) => book.quantityAt('bid', price))).toEqual([
      '1.25',
      '1.25',
      '1.25',
    ]);
    expect(book.quantityAt('ask', '10.5')).toBe('0');
    expect(book.quantityAt('bid', '10.500001')).toBe('0');
    expect(() => book.quantityAt('bid', '10.5x')).toThrow(OrderBookError);
    expect(() => book.quantityAt('bid', '10.555555x')).toThrow(OrderBookError);
  });

  it('holds nothing after clear', () => {
    const book = bookOf([['1', '1']], [['2', '1']]);
    book.clear();
    expect([book.count('bid'), book.count('ask')]).toEqual([0, 0]);
  });

  it('has the sha256 of its lines as checksum, also over many chunks', () => {
    const bids = Array.from({ length: 3000 }, (_, index): PriceLevel => [`${5000 - index}.0`, `1.${index}0`]);
    const asks = Array.from({ length: 3000 }, (_, index): PriceLevel => [`${5001 + index}.0`, `2.${index}0`]);
    const line =
      (mark: string) =>
      ([price, quantity]: PriceLevel) =>
        `${mark} ${price.replace('.0', '')} ${quantity.replace(/\.?0+$/, '')}\n`;
    const text = [...bids.map(line('b')), ...asks.map(line('a'))].join('');
    expect(bookOf(bids, asks).checksum()).toBe(createHash('sha256').update(text).digest('hex'));
    expect(new OrderBook().checksum()).toBe(createHash('sha256').digest('hex'));
  });

  it('reads levels from bytes like from text', () => {
    const book = new OrderBook();
    const bytes = ascii('["63943.90","46.372"],["63943.90","0"]');
    book.setLevelBytes('bid', bytes, 2, 10, 13, 19);
    expect([...book.levels('bid')]).toEqual([['63943.9', '46.372']]);
    book.setLevelBytes('bid', bytes, 24, 32, 35, 36);
    expect(book.count('bid')).toBe(0);
  });
});

describe('the decimals of a book', () => {
  it('widen when a level needs more, and change no level that is held', () => {
    const book = bookOf([['10', '3'], ['9', '100']], [['12', '7']]); // prettier-ignore
    book.setLevel('ask', '11.00000001', '0.001');
    expect([...book.levels('bid')]).toEqual([['10', '3'], ['9', '100']]); // prettier-ignore
    expect([...book.levels('ask')]).toEqual([['11.00000001', '0.001'], ['12', '7']]); // prettier-ignore
  });

  it('widen in the middle of a message without harm to the levels before', () => {
    const book = bookOf([['1', '1'], ['2.5', '0.25'], ['3', '4'], ['0.001', '0.125']], [['4.75', '9']]); // prettier-ignore
    expect([...book.levels('bid')]).toEqual([['3', '4'], ['2.5', '0.25'], ['1', '1'], ['0.001', '0.125']]); // prettier-ignore
    expect(book.bestAsk()).toEqual(['4.75', '9']);
  });

  it('may be given at the start, where they change nothing that comes out', () => {
    const book = new OrderBook({ priceDecimals: 8, quantityDecimals: 3 });
    book.setLevel('bid', '0.5', '2');
    expect(book.bestBid()).toEqual(['0.5', '2']);
  });

  it.each([-1, 1.5, 19, NaN])('are refused at %p', (decimals) => {
    const refused = errorWith('OPTION_INVALID');
    expect(() => new OrderBook({ priceDecimals: decimals })).toThrow(refused);
    expect(() => new OrderBook({ quantityDecimals: decimals })).toThrow(refused);
  });

  it('reach to the last unit below 2^53, and no further', () => {
    const book = bookOf([['900719925474099', '1']], [['900719925474099.1', '900719925474099']]);
    expect(book.bestBid()).toEqual(['900719925474099', '1']);
    const levels = [...book.levels('bid'), ...book.levels('ask')];
    for (const [price, quantity] of [
      ['1.01', '1'],
      ['1', '0.01'],
    ] as const) {
      expect(() => book.setLevel('bid', price, quantity)).toThrow(
        errorWith('SCALE_EXCEEDED', { level: { side: 'bid', price, quantity } }),
      );
    }
    expect([...book.levels('bid'), ...book.levels('ask')]).toEqual(levels);
  });

  it('do not widen beyond what the farthest level allows, on either side', () => {
    const far: PriceLevel = ['900719925474099', '900719925474099'];
    for (const side of sides) {
      const book = new OrderBook();
      book.applyLevels(side, [['2', '1'], far, ['3', '1']]); // prettier-ignore
      for (const level of [
        ['1.01', '1'],
        ['1', '0.01'],
      ] as const) {
        expect(() => book.applyLevels(side, [level])).toThrow(errorWith('SCALE_EXCEEDED'));
      }
      expect(book.count(side)).toBe(3);
      expect(book.quantityAt(side, far[0])).toBe(far[1]);
    }
  });
});

describe('a malformed level', () => {
  const malformed = ['', '-1', '1e3', '1,5', ' 1', '1.', '.5', 'NaN', '1.2.3', '１', '1\u0000', '9007199254740992', `0.${'0'.repeat(18)}1`, '0'.repeat(65), `${'0'.repeat(64)}x`]; // prettier-ignore

  it.each(malformed)('with the text %j is refused, and nothing of its message is applied', (text) => {
    const book = bookOf([['10', '1']], [['11', '1']]);
    const before = book.checksum();
    for (const level of [
      [text, '1'],
      ['12', text],
    ] as const) {
      for (const side of sides) {
        const message = { bids: [['9', '1']] as PriceLevel[], asks: [['12', '1']] as PriceLevel[] };
        message[`${side}s`].push(level, ['13', '1']);
        const refused = errorWith('LEVEL_MALFORMED', {
          level: { side, price: level[0], quantity: level[1] },
          cause: expect.objectContaining({ code: 'DECIMAL_INVALID' }) as unknown,
        });
        expect(() => book.applyDiff(message)).toThrow(refused);
        expect(() => book.replaceWith(message)).toThrow(refused);
        expect(() => book.applyLevels(side, [['9', '1'], level])).toThrow(refused);
        expect(() => book.setLevel(side, level[0], level[1])).toThrow(refused);
      }
    }
    expect(book.checksum()).toBe(before);
  });

  it('in bytes is refused with the text of its level', () => {
    const book = new OrderBook();
    const bytes = ascii('["63943.9O","46.372"]');
    expect(() => book.setLevelBytes('ask', bytes, 2, 10, 13, 19)).toThrow(
      errorWith('LEVEL_MALFORMED', { level: { side: 'ask', price: '63943.9O', quantity: '46.372' } }),
    );
    expect(book.count('ask')).toBe(0);
  });

  it('does not widen the decimals', () => {
    const book = bookOf([['900719925474099', '1']], []);
    expect(() => book.setLevel('bid', '1.23456x', '1')).toThrow(errorWith('LEVEL_MALFORMED'));
    book.setLevel('bid', '900719925474098.9', '1');
    expect(book.count('bid')).toBe(2);
  });
});
