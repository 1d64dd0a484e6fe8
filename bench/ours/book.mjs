import { decimalToUnits } from '@org/market-data';
import { OrderBook } from '@org/orderbook';
import { createBookCandidate } from '../workload/book-candidate.mjs';
import { TOP_LEVELS } from '../workload/book-trace.mjs';
import { noteBestTicks, tickLevels } from '../workload/tick-levels.mjs';

const top = new Float64Array(2 * TOP_LEVELS);

/** The book of this workspace, fed with ticks and units. */
const adapter = {
  form: 'ticks',
  prepare,
  createBook: ({ decimals }) =>
    new OrderBook({ priceDecimals: decimals.price, quantityDecimals: decimals.quantity }),
  apply(book, { isSnapshot, levels, bidCount, askCount }) {
    if (isSnapshot) book.clear();
    book.applyTicks(levels, bidCount, askCount);
  },
  noteBest: noteBestTicks,
  noteTop(book, tops, bidsAt, asksAt) {
    copyTop(book.topTicks('bid', TOP_LEVELS, top), tops, bidsAt);
    copyTop(book.topTicks('ask', TOP_LEVELS, top), tops, asksAt);
  },
  levels: tickLevels,
};

export const createCandidate = (workload, _scratch, conditions) =>
  createBookCandidate(workload, adapter, conditions);

function prepare({ messages, decimals }) {
  return messages.map(({ type, bids, asks }) => ({
    isSnapshot: type === 'snapshot',
    levels: Float64Array.from(
      [...bids, ...asks].flatMap(([price, quantity]) => [
        decimalToUnits(price, decimals.price),
        decimalToUnits(quantity, decimals.quantity),
      ]),
    ),
    bidCount: bids.length,
    askCount: asks.length,
  }));
}

function copyTop(levels, tops, offset) {
  for (let at = 0; at < 2 * levels; at++) tops[offset + at] = top[at];
}
