import { BookTrace, writeBookEvidence } from './book-trace.mjs';

/**
 * What a candidate of the book suite consists of.
 *
 * @typedef {object} BookAdapter
 * @property {'ticks' | 'decimals'} form what its numbers are
 * @property {(work: import('./workload.mjs').SymbolWork) => any[]} prepare the messages in its own form
 * @property {(work: { symbol: string, decimals: { price: number, quantity: number } }) => any} createBook
 * @property {(book: any, message: any) => void} apply
 * @property {(book: any, bests: Float64Array, at: number) => void} noteBest price and quantity of bid and ask
 * @property {(book: any, tops: Float64Array, bidsAt: number, asksAt: number) => void} noteTop the top 20 likewise
 * @property {(book: any, side: 'bid' | 'ask') => Iterable<number[]>} levels all of them, best first
 */

/**
 * @param {import('./workload.mjs').Workload} workload
 * @param {BookAdapter} adapter
 * @param {{ books?: number }} conditions how many books take turns; default one a symbol, one after the other
 */
export function createBookCandidate(workload, adapter, { books }) {
  return books === undefined
    ? bookCandidate(workload, adapter)
    : manyBooksCandidate(workload, adapter, books);
}

/**
 * One book a symbol, one after the other: the work is to apply every message, to note best bid and ask after each, and
 * the top 20 after each tenth.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {BookAdapter} adapter
 * @returns {import('../harness/candidate.mjs').Candidate}
 */
function bookCandidate({ symbols, levels }, adapter) {
  const works = symbols.map((work) => bookWork(work, adapter));
  const timed = new BookTrace();
  return {
    unitsPerPass: levels,
    isAsync: false,
    pass() {
      for (const work of works) replay(work, timed, adapter);
    },
    evidence(folder) {
      const shown = works.map((work) => {
        const trace = new BookTrace(work.messages.length);
        return { trace, book: replay(work, trace, adapter) };
      });
      return writeEvidence(folder, works, shown, adapter);
    },
  };
}

function replay(work, trace, { createBook, apply, noteBest, noteTop }) {
  const { messages } = work;
  const book = createBook(work);
  for (let index = 0; index < messages.length; index++) {
    apply(book, messages[index]);
    noteBest(book, trace.bests, trace.bestOffset(index));
    if (!trace.hasTop(index)) continue;
    const bidsAt = trace.topOffset(index);
    noteTop(book, trace.tops, bidsAt, trace.askOffset(bidsAt));
  }
  return book;
}

/** Books behind each other by this many steps at most, so that neighbours do not get the same message in turn. */
const STEPS_BEHIND_MAX = 50;

/**
 * Many books, as a recorder of a whole exchange holds them: a message for the first, one for the second and so on, so
 * that a book has mostly left the caches when its next message comes. The symbols are shared out among the books. The
 * books stay from pass to pass, since building them is not what is asked; a pass brings the same diffs again.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {BookAdapter} adapter
 * @param {number} count of books
 * @returns {import('../harness/candidate.mjs').Candidate}
 */
function manyBooksCandidate({ symbols }, adapter, count) {
  const bySymbol = symbols.map((work) => bookWork(work, adapter));
  const works = Array.from({ length: count }, (_, index) => {
    const work = bySymbol[index % bySymbol.length];
    return { ...work, symbol: `${work.symbol} ${index}`, behind: index % STEPS_BEHIND_MAX };
  });
  const steps = Math.max(...works.map(({ messages }) => messages.length)) + STEPS_BEHIND_MAX;
  const books = works.map((work) => {
    const book = adapter.createBook(work);
    adapter.apply(book, work.messages[0]);
    return book;
  });
  const timed = new BookTrace();
  const timedTraces = works.map(() => timed);
  return {
    unitsPerPass: works.reduce((sum, { diffLevels }) => sum + diffLevels, 0),
    isAsync: false,
    pass: () => replayInTurns(works, books, timedTraces, steps, adapter),
    evidence(folder) {
      const traces = works.map(({ messages }) => new BookTrace(messages.length));
      replayInTurns(works, books, traces, steps, adapter);
      const shown = books.map((book, index) => ({ trace: traces[index], book }));
      return writeEvidence(folder, works, shown, adapter);
    },
  };
}

function replayInTurns(works, books, traces, steps, { apply, noteBest, noteTop }) {
  for (let step = 1; step < steps; step++) {
    for (let turn = 0; turn < works.length; turn++) {
      const { messages, behind } = works[turn];
      const index = step - behind;
      if (index < 1 || index >= messages.length) continue;
      const book = books[turn];
      const trace = traces[turn];
      apply(book, messages[index]);
      noteBest(book, trace.bests, trace.bestOffset(index));
      if (!trace.hasTop(index)) continue;
      const bidsAt = trace.topOffset(index);
      noteTop(book, trace.tops, bidsAt, trace.askOffset(bidsAt));
    }
  }
}

function bookWork(work, { prepare }) {
  const { symbol, decimals, events } = work;
  const diffLevels = events.slice(1).reduce((sum, { levels }) => sum + levels, 0);
  return { symbol, decimals, messages: prepare(work), diffLevels };
}

function writeEvidence(folder, works, shown, { form, levels }) {
  const books = shown.map(({ trace, book }) => ({ trace, levels: (side) => levels(book, side) }));
  return writeBookEvidence(folder, works, books, form);
}

/** The messages with prices and quantities as JavaScript numbers, each level made by `level`. */
export function numberMessages({ messages }, level) {
  const side = (levels, name) =>
    levels.map(([price, quantity]) => level(Number(price), Number(quantity), name));
  return messages.map(({ type, bids, asks }) => ({
    isSnapshot: type === 'snapshot',
    bids: side(bids, 'bid'),
    asks: side(asks, 'ask'),
  }));
}
