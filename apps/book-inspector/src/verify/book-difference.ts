import type { PriceLevel } from '@org/market-data';
import type { OrderBook } from '@org/orderbook';

export interface BookSides {
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

/** The decimal without the zeros at its end, as books print theirs. */
export function plainDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Where the best levels of the book are not those of `stored`, in words; undefined where they are. */
export function topDifference(
  book: OrderBook,
  stored: BookSides,
): { side: 'bid' | 'ask'; index: number; problem: string } | undefined {
  const { bids, asks } = book.top(Math.max(stored.bids.length, stored.asks.length));
  return sideDifference('bid', bids, stored.bids) ?? sideDifference('ask', asks, stored.asks);
}

function sideDifference(side: 'bid' | 'ask', held: readonly PriceLevel[], stored: readonly PriceLevel[]) {
  const count = Math.max(stored.length, 0);
  for (let index = 0; index < count; index++) {
    const [price, quantity] = stored[index]!.map(plainDecimal);
    const level = held[index];
    if (level !== undefined && level[0] === price && level[1] === quantity) continue;
    const was = level === undefined ? 'none' : level.join(' × ');
    return {
      side,
      index,
      problem: `${side} level ${index} is ${price} × ${quantity}, that of the replayed book ${was}`,
    };
  }
  return undefined;
}
