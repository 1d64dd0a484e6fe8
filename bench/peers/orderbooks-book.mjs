import { OrderBook, OrderBookLevel } from 'orderbooks';
import { createBookCandidate, numberMessages } from '../workload/book-candidate.mjs';
import { TOP_LEVELS } from '../workload/book-trace.mjs';

const PRICE = 1;
const SIDE = 2;
const QUANTITY = 3;
/** Its default of 250 levels on both sides together would throw most of the book away. */
const MAX_DEPTH = 1_000_000;

/** The order book of the package orderbooks: one array of levels of both sides, sorted after every message. */
const adapter = {
  form: 'decimals',
  prepare,
  createBook: ({ symbol }) => new OrderBook(symbol, { maxDepth: MAX_DEPTH }),
  apply(book, { isSnapshot, deletes, sets }) {
    if (isSnapshot) book.handleSnapshot(sets.slice());
    else book.handleDelta(deletes, sets);
  },
  noteBest(book, bests, at) {
    // It tells prices only, so the quantities are looked up beside it, which costs next to nothing of its time.
    const levels = book.book;
    const firstBid = firstBidIndex(levels);
    bests[at] = book.getBestBid() ?? -1;
    bests[at + 1] = levels[firstBid]?.[QUANTITY] ?? -1;
    bests[at + 2] = book.getBestAsk() ?? -1;
    bests[at + 3] = levels[firstBid - 1]?.[QUANTITY] ?? -1;
  },
  noteTop(book, tops, bidsAt, asksAt) {
    const firstBid = firstBidIndex(book.book);
    copyTop(book.book, firstBid, 1, tops, bidsAt);
    copyTop(book.book, firstBid - 1, -1, tops, asksAt);
  },
  levels: (book, side) => sideLevels(book.book, side),
};

export const createCandidate = (workload, _scratch, conditions) =>
  createBookCandidate(workload, adapter, conditions);

/** Deletes and levels to set, apart from each other as `handleDelta` wants them. */
function prepare(work) {
  const level = (price, quantity, side) =>
    OrderBookLevel(work.symbol, price, side === 'bid' ? 'Buy' : 'Sell', quantity);
  return numberMessages(work, level).map(({ isSnapshot, bids, asks }) => {
    const all = [...bids, ...asks];
    const deletes = all.filter((entry) => entry[QUANTITY] === 0);
    return { isSnapshot, deletes, sets: all.filter((entry) => entry[QUANTITY] !== 0) };
  });
}

/** Sells come first, highest price first, then buys: the border between them, by halving. */
function firstBidIndex(levels) {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (levels[middle][SIDE] === 'Sell') low = middle + 1;
    else high = middle;
  }
  return low;
}

function copyTop(levels, from, step, tops, offset) {
  for (let index = 0; index < TOP_LEVELS; index++) {
    const level = levels[from + step * index];
    if (level === undefined) return;
    tops[offset + 2 * index] = level[PRICE];
    tops[offset + 2 * index + 1] = level[QUANTITY];
  }
}

function sideLevels(levels, side) {
  const wanted = levels.filter((level) => level[SIDE] === (side === 'bid' ? 'Buy' : 'Sell'));
  if (side === 'ask') wanted.reverse();
  return wanted.map((level) => [level[PRICE], level[QUANTITY]]);
}
