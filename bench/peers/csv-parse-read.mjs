import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { OrderBook } from '@org/orderbook';
import { parse } from 'csv-parse';
import { DEPTH_COLUMNS } from '../workload/depth-files.mjs';
import { readCandidate } from '../workload/read-candidate.mjs';
import { noteBestTicks, tickLevels } from '../workload/tick-levels.mjs';

const SHARED_COLUMNS = 7;

/** Depth files into the same book by csv-parse: rows of strings, as arrays or as objects, gathered to messages. */
export function createCandidate(workload, scratch, { isCompressed = false, areObjects = false }) {
  const read = (paths, work) => readBook(paths, work, areObjects);
  return readCandidate(workload, scratch, { isCompressed, form: 'ticks', read });
}

async function readBook(paths, { decimals, trace: { bests } }, areObjects) {
  const book = new OrderBook({ priceDecimals: decimals.price, quantityDecimals: decimals.quantity });
  const rows = new MessageRows(book, bests, areObjects ? DEPTH_COLUMNS : DEPTH_COLUMNS.map((_, at) => at));
  for (const path of paths) {
    const file = createReadStream(path);
    const parser = parse(areObjects ? { columns: true } : { from_line: 2 });
    const feeding = path.endsWith('.gz') ? pipeline(file, createGunzip(), parser) : pipeline(file, parser);
    parser.on('readable', () => {
      for (let row = parser.read(); row !== null; row = parser.read()) rows.add(row);
    });
    await feeding;
  }
  rows.endMessage();
  return (side) => tickLevels(book, side);
}

/** Gathers the rows that agree in what a message's rows share. */
class MessageRows {
  #book;
  #bests;
  #at = 0;
  #first;
  #bids = [];
  #asks = [];
  /** What a row has its columns under: numbers or names. */
  #shared;
  #type;
  #side;
  #price;
  #quantity;

  constructor(book, bests, columns) {
    this.#book = book;
    this.#bests = bests;
    this.#shared = columns.slice(0, SHARED_COLUMNS);
    [this.#type, this.#side, this.#price, this.#quantity] = columns.slice(SHARED_COLUMNS - 1);
  }

  add(row) {
    if (this.#first !== undefined && !isSameMessage(this.#first, row, this.#shared)) this.endMessage();
    this.#first ??= row;
    const side = row[this.#side];
    if (side === '') return;
    (side === 'bid' ? this.#bids : this.#asks).push([row[this.#price], row[this.#quantity]]);
  }

  endMessage() {
    const book = this.#book;
    const levels = { bids: this.#bids, asks: this.#asks };
    if (this.#first[this.#type] === 'diff') book.applyDiff(levels);
    else book.replaceWith(levels);
    this.#at = noteBestTicks(book, this.#bests, this.#at);
    this.#first = undefined;
    this.#bids = [];
    this.#asks = [];
  }
}

/** From the last column on: the ids differ from message to message. */
function isSameMessage(a, b, columns) {
  for (let at = columns.length - 1; at >= 0; at--) if (a[columns[at]] !== b[columns[at]]) return false;
  return true;
}
