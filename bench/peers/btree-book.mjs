import SortedBTree from 'sorted-btree';
import { createBookCandidate, numberMessages } from '../workload/book-candidate.mjs';
import { TOP_LEVELS } from '../workload/book-trace.mjs';

const BTree = SortedBTree.default ?? SortedBTree;
const ascending = (a, b) => a - b;

/** The book that one writes with sorted-btree: quantity by price, a tree a side. */
const adapter = {
  form: 'decimals',
  prepare: (work) => numberMessages(work, (price, quantity) => [price, quantity]),
  createBook: () => ({ bids: new BTree(undefined, ascending), asks: new BTree(undefined, ascending) }),
  apply(book, { isSnapshot, bids, asks }) {
    if (isSnapshot) {
      book.bids.clear();
      book.asks.clear();
    }
    setAll(book.bids, bids);
    setAll(book.asks, asks);
  },
  noteBest({ bids, asks }, bests, at) {
    const bid = bids.maxKey();
    const ask = asks.minKey();
    bests[at] = bid ?? -1;
    bests[at + 1] = bid === undefined ? -1 : bids.get(bid);
    bests[at + 2] = ask ?? -1;
    bests[at + 3] = ask === undefined ? -1 : asks.get(ask);
  },
  noteTop({ bids, asks }, tops, bidsAt, asksAt) {
    copyTop(bids.entriesReversed(undefined, []), tops, bidsAt);
    copyTop(asks.entries(undefined, []), tops, asksAt);
  },
  levels: ({ bids, asks }, side) => (side === 'bid' ? bids.entriesReversed() : asks.entries()),
};

export const createCandidate = (workload, _scratch, conditions) =>
  createBookCandidate(workload, adapter, conditions);

function setAll(tree, levels) {
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index];
    if (level[1] === 0) tree.delete(level[0]);
    else tree.set(level[0], level[1]);
  }
}

function copyTop(pairs, tops, offset) {
  let at = offset;
  for (const [price, quantity] of pairs) {
    tops[at++] = price;
    tops[at++] = quantity;
    if (at === offset + 2 * TOP_LEVELS) return;
  }
}
