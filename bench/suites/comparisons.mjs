/**
 * @typedef {object} Comparison One line of the table, or two where a rate is wanted as well.
 * @property {string} what
 * @property {string} unit of what is measured: ns of CPU for one of these
 * @property {string} ours module in `ours/`
 * @property {string} peer module in `peers/`
 * @property {readonly string[]} madeOf what the peer consists of; packages get their version from package.json
 * @property {object} [conditions] what both candidates get beside the recording
 * @property {number} [demanded] least ratio
 * @property {number} [rateDemanded] least rate of ours, millions of units a second of CPU
 * @property {number} [messagesMax] diffs of each symbol at most, for peers that get slower and slower
 * @property {string} [knownDivergence] why the peer's results differ from the exchange's rules
 */

const BOOK = {
  what: 'book: apply, best each message, top 20 each tenth',
  unit: 'level',
  ours: 'book',
};

/** A whole exchange at once: what a book costs when it is not in the caches. */
const MANY_BOOKS = {
  ...BOOK,
  what: 'the same, 600 books in turns',
  conditions: { books: 600 },
  messagesMax: 200,
};

const ROWS = { what: 'depth rows: frames to files', unit: 'row', ours: 'rows' };

/** Why: at a delete of a price that it holds on the other side, `orderbooks` removes that. */
const ONE_KEY =
  'it finds levels by price alone, so the redundant deletes that Binance sends for the other side remove live levels.';

/** @type {Readonly<Record<string, readonly Comparison[]>>} */
export const COMPARISONS = {
  book: [
    { ...BOOK, peer: 'tardis-book', madeOf: ['tardis-dev'], demanded: 36 },
    { ...BOOK, peer: 'ccxt-book', madeOf: ['ccxt'], demanded: 150 },
    {
      ...BOOK,
      peer: 'orderbooks-book',
      madeOf: ['orderbooks'],
      demanded: 400,
      messagesMax: 2000,
      knownDivergence: ONE_KEY,
    },
    { ...BOOK, peer: 'btree-book', madeOf: ['sorted-btree'], demanded: 16 },
    { ...MANY_BOOKS, peer: 'tardis-book', madeOf: ['tardis-dev'] },
    { ...MANY_BOOKS, peer: 'ccxt-book', madeOf: ['ccxt'] },
    { ...MANY_BOOKS, peer: 'btree-book', madeOf: ['sorted-btree'] },
  ],
  parse: [
    {
      what: 'parse: depth frame to ticks and units',
      unit: 'message',
      ours: 'parse',
      peer: 'json-parse',
      madeOf: ['JSON.parse', 'Number'],
      demanded: 17,
    },
  ],
  rows: [
    { ...ROWS, peer: 'csv-writer-rows', madeOf: ['csv-writer'], demanded: 20 },
    {
      ...ROWS,
      what: 'the same, an object a row',
      peer: 'csv-writer-rows',
      conditions: { areObjects: true },
      madeOf: ['csv-writer'],
      demanded: 20,
    },
    { ...ROWS, peer: 'fast-csv-rows', madeOf: ['fast-csv'] },
  ],
  read: [
    {
      what: 'depth file to book',
      unit: 'level',
      ours: 'read',
      peer: 'csv-parse-read',
      madeOf: ['csv-parse'],
      demanded: 50,
      rateDemanded: 6,
    },
    {
      what: 'the same, an object a row',
      unit: 'level',
      ours: 'read',
      peer: 'csv-parse-read',
      conditions: { areObjects: true },
      madeOf: ['csv-parse'],
      demanded: 50,
    },
    {
      what: 'depth file to book, gz',
      unit: 'level',
      ours: 'read',
      peer: 'csv-parse-read',
      conditions: { isCompressed: true },
      madeOf: ['csv-parse'],
      rateDemanded: 6,
    },
  ],
  e2e: [
    {
      what: 'end to end: frame, book and best, depth rows in a file',
      unit: 'message',
      ours: 'recorder',
      peer: 'typical-pipeline',
      madeOf: ['JSON.parse', 'tardis-dev', 'csv-writer'],
      demanded: 12,
    },
  ],
};
