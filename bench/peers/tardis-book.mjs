import { createBookCandidate, numberMessages } from '../workload/book-candidate.mjs';
import { TOP_LEVELS } from '../workload/book-trace.mjs';
import { createTardisBook, noteBestTardis, tardisLevels } from '../workload/tardis-levels.mjs';

/** The order book of tardis-dev: red-black trees of `{ price, amount }`. */
const adapter = {
  form: 'decimals',
  prepare: (work) => numberMessages(work, (price, amount) => ({ price, amount })),
  createBook: createTardisBook,
  apply: (book, message) => book.update(message),
  noteBest: noteBestTardis,
  noteTop(book, tops, bidsAt, asksAt) {
    copyTop(book.bids(), tops, bidsAt);
    copyTop(book.asks(), tops, asksAt);
  },
  levels: tardisLevels,
};

export const createCandidate = (workload, _scratch, conditions) =>
  createBookCandidate(workload, adapter, conditions);

function copyTop(levels, tops, offset) {
  let at = offset;
  for (const { price, amount } of levels) {
    tops[at++] = price;
    tops[at++] = amount;
    if (at === offset + 2 * TOP_LEVELS) return;
  }
}
