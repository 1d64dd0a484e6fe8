// By path: the package's entry would load all of its exchanges, and does not export the class by itself.
import { OrderBook } from '../node_modules/ccxt/js/src/base/ws/OrderBook.js';
import { createBookCandidate, numberMessages } from '../workload/book-candidate.mjs';
import { TOP_LEVELS } from '../workload/book-trace.mjs';

/** The order book of ccxt's WebSocket clients: sorted arrays, fed as its Binance client does, by `store`. */
const adapter = {
  form: 'decimals',
  prepare: (work) => numberMessages(work, (price, amount) => [price, amount]),
  createBook: () => new OrderBook(),
  apply(book, { isSnapshot, bids, asks }) {
    if (isSnapshot) book.reset();
    storeAll(book.bids, bids);
    storeAll(book.asks, asks);
  },
  noteBest(book, bests, at) {
    const bid = book.bids[0];
    const ask = book.asks[0];
    bests[at] = bid === undefined ? -1 : bid[0];
    bests[at + 1] = bid === undefined ? -1 : bid[1];
    bests[at + 2] = ask === undefined ? -1 : ask[0];
    bests[at + 3] = ask === undefined ? -1 : ask[1];
  },
  noteTop(book, tops, bidsAt, asksAt) {
    copyTop(book.bids, tops, bidsAt);
    copyTop(book.asks, tops, asksAt);
  },
  levels: (book, side) => (side === 'bid' ? book.bids : book.asks),
};

export const createCandidate = (workload, _scratch, conditions) =>
  createBookCandidate(workload, adapter, conditions);

function storeAll(side, levels) {
  for (let index = 0; index < levels.length; index++) side.store(levels[index][0], levels[index][1]);
}

function copyTop(side, tops, offset) {
  const levels = Math.min(TOP_LEVELS, side.length);
  for (let index = 0; index < levels; index++) {
    tops[offset + 2 * index] = side[index][0];
    tops[offset + 2 * index + 1] = side[index][1];
  }
}
