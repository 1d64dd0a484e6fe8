import { OrderBook } from 'tardis-dev';

/** A book that takes diffs at once; by itself it would ignore everything before the first snapshot. */
export function createTardisBook() {
  const book = new OrderBook();
  book.update({ isSnapshot: true, bids: [], asks: [] });
  return book;
}

/** All levels of a side, best first, as decimals. */
export function* tardisLevels(book, side) {
  for (const { price, amount } of side === 'bid' ? book.bids() : book.asks()) yield [price, amount];
}

/** Notes best bid and ask at `at`. */
export function noteBestTardis(book, bests, at) {
  const bid = book.bestBid();
  const ask = book.bestAsk();
  bests[at] = bid === undefined ? -1 : bid.price;
  bests[at + 1] = bid === undefined ? -1 : bid.amount;
  bests[at + 2] = ask === undefined ? -1 : ask.price;
  bests[at + 3] = ask === undefined ? -1 : ask.amount;
}
