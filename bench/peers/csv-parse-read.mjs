import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { OrderBook } from '@org/orderbook';
import { parse } from 'csv-parse';
import { readCandidate } from '../workload/read-candidate.mjs';
import { noteBestTicks, tickLevels } from '../workload/tick-levels.mjs';

const SHARED_COLUMNS = 7;
const TYPE = 6;
const SIDE = 7;
const PRICE = 8;
const QUANTITY = 9;

/** Depth files into the same book by csv-parse: rows of strings, gathered to messages. */
export function createCandidate(workload, scratch, { isCompressed = false }) {
  return readCandidate(workload, scratch, { isCompressed, form: 'ticks', read });
}

async function read(paths, { decimals, trace: { bests } }) {
  const book = new OrderBook({ priceDecimals: decimals.price, quantityDecimals: decimals.quantity });
  const rows = new MessageRows(book, bests);
  for (const path of paths) {
    const file = createReadStream(path);
    const parser = parse({ from_line: 2 });
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

  constructor(book, bests) {
    this.#book = book;
    this.#bests = bests;
  }

  add(row) {
    if (this.#first !== undefined && !isSameMessage(this.#first, row)) this.endMessage();
    this.#first ??= row;
    if (row[SIDE] === '') return;
    (row[SIDE] === 'bid' ? this.#bids : this.#asks).push([row[PRICE], row[QUANTITY]]);
  }

  endMessage() {
    const book = this.#book;
    const levels = { bids: this.#bids, asks: this.#asks };
    if (this.#first[TYPE] === 'diff') book.applyDiff(levels);
    else book.replaceWith(levels);
    this.#at = noteBestTicks(book, this.#bests, this.#at);
    this.#first = undefined;
    this.#bids = [];
    this.#asks = [];
  }
}

/** From the last column on: the ids differ from message to message. */
function isSameMessage(a, b) {
  for (let column = SHARED_COLUMNS - 1; column >= 0; column--) if (a[column] !== b[column]) return false;
  return true;
}
