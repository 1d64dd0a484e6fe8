/**
 * What a level costs in the book, in CPU time, and what a book weighs. Run it after a build:
 * `node libs/orderbook/bench/book.bench.mjs [folder of captures]` from the workspace root. Messages are read before the
 * time runs. After each message the best bid and ask are read, after every tenth the best 20 levels of each side.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decimalToUnits } from '@org/market-data';
import { OrderBook } from '@org/orderbook';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;
const BOOKS = 600;
const SYNTHETIC_MESSAGES = 10_000;
const SYNTHETIC_LEVELS = 32;
const folder = process.argv[2] ?? '../shared/data/usdm-2024-07-18';
const scales = {
  BTCUSDT: { priceDecimals: 1, quantityDecimals: 3 },
  ETHUSDT: { priceDecimals: 2, quantityDecimals: 3 },
};
const out = new Float64Array(40);

/** Levels as ticks and units, and as text with the offsets of its prices and quantities. */
function messageOf(bids, asks, { priceDecimals, quantityDecimals }) {
  const ticks = [];
  const offsets = [];
  let text = '';
  for (const [price, quantity] of [...bids, ...asks]) {
    ticks.push(decimalToUnits(price, priceDecimals), decimalToUnits(quantity, quantityDecimals));
    const priceStart = text.length + 2;
    const quantityStart = priceStart + price.length + 3;
    offsets.push(priceStart, priceStart + price.length, quantityStart, quantityStart + quantity.length);
    text += `["${price}","${quantity}"],`;
  }
  return { bidCount: bids.length, askCount: asks.length, ticks, offsets, bytes: Buffer.from(text, 'latin1') };
}

/** Lays the numbers of all messages one behind the other, since a message that was just read is in the cache. */
function packed(messages) {
  const ticks = Float64Array.from(messages.flatMap((message) => message.ticks));
  let end = 0;
  return messages.map((message) => ({
    ...message,
    ticks: ticks.subarray(end, (end += message.ticks.length)),
    offsets: Int32Array.from(message.offsets ?? []),
  }));
}

function readMessages(symbol) {
  const messages = [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${symbol.toLowerCase()}_`));
  for (const name of names.toSorted()) {
    for (const line of gunzipSync(readFileSync(join(folder, name)))
      .toString('latin1')
      .split('\n')) {
      if (!line.includes('"depthUpdate"') && !line.includes('"lastUpdateId"')) continue;
      const message = JSON.parse(line.slice(line.indexOf(' ') + 1));
      const { bids, asks } =
        message.data === undefined ? message : { bids: message.data.b, asks: message.data.a };
      const isSnapshot = message.data === undefined;
      messages.push({ isSnapshot, ...messageOf(bids, asks, scales[symbol]) });
    }
  }
  return packed(messages.slice(messages.findIndex(({ isSnapshot }) => isSnapshot)));
}

const byTicks = (book, message) => book.applyTicks(message.ticks, message.bidCount, message.askCount);
const byOffsets = (book, { bytes, offsets, bidCount, askCount }) =>
  book.applyOffsets(bytes, offsets, bidCount, askCount);

/** Gives a sum of all that was read, so that nothing of it is left out, and two ways can be compared. */
function run(book, messages, apply) {
  let sum = 0;
  for (let at = 0; at < messages.length; at++) {
    apply(book, messages[at]);
    sum += book.bestBidTicks + book.bestBidUnits - book.bestAskTicks - book.bestAskUnits;
    if (at % 10 === 0) for (const side of ['bid', 'ask']) sum += out[2 * book.topTicks(side, 20, out) - 1];
  }
  return sum;
}

function cpuNs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

const levelsOf = (messages) => messages.reduce((sum, { bidCount, askCount }) => sum + bidCount + askCount, 0);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** ns of CPU a level of each candidate, the candidates by turns in each round. */
function measure(candidates) {
  const results = candidates.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    candidates.forEach(({ work, levels }, at) => {
      const ns = cpuNs(work) / levels;
      if (round >= 0) results[at].push(ns);
    });
  }
  candidates.forEach(({ name }, at) => {
    const best = Math.min(...results[at]).toFixed(1);
    console.log(
      `${name.padEnd(44)} ${median(results[at]).toFixed(1).padStart(6)} ns a level, best round ${best}`,
    );
  });
}

function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A third of the levels come and go, most near the touch; the number of levels of a side stays near `perSide`. */
function synthetic(perSide) {
  const next = random(perSide);
  const touch = 1_000_000;
  const price = (sign) => touch + sign * (1 + Math.floor(1.5 * perSide * next() ** 2));
  const units = () => (next() < 1 / 3 ? 0 : 1 + Math.floor(next() * 1e6));
  const messages = Array.from({ length: SYNTHETIC_MESSAGES }, () => {
    const side = (sign) => Array.from({ length: SYNTHETIC_LEVELS / 2 }, () => [price(sign), units()]);
    const byPrice = (levels) => levels.toSorted(([a], [b]) => a - b);
    const levels = [...byPrice(side(-1)), ...byPrice(side(1))];
    return {
      bidCount: SYNTHETIC_LEVELS / 2,
      askCount: SYNTHETIC_LEVELS / 2,
      ticks: levels.flat(),
    };
  });
  const book = new OrderBook();
  for (let at = 0; at < 1.5 * perSide; at++) {
    if (at % 3 === 0) continue;
    book.setTicks('bid', touch - 1 - at, 1 + at);
    book.setTicks('ask', touch + 1 + at, 1 + at);
  }
  return { book, messages: packed(messages) };
}

const real = Object.keys(scales).map((symbol) => ({
  symbol,
  messages: readMessages(symbol),
}));
const rebuilt = (symbol, messages, apply) => {
  const book = new OrderBook(scales[symbol]);
  for (let at = 0; at < 3; at++) {
    book.clear();
    run(book, messages, apply);
  }
};

for (const { symbol, messages } of real) {
  const [ticks, offsets] = [new OrderBook(scales[symbol]), new OrderBook(scales[symbol])];
  if (
    run(ticks, messages, byTicks) !== run(offsets, messages, byOffsets) ||
    ticks.checksum() !== offsets.checksum()
  )
    throw new Error(`${symbol}: ticks and offsets give different books`);
  const { memoryBytes } = ticks;
  const shape = `${messages.length} messages, ${levelsOf(messages)} levels`;
  console.log(
    `${symbol}: ${shape}; at the end ${ticks.count('bid')} + ${ticks.count('ask')} in ${(memoryBytes / 1024).toFixed(0)} KiB`,
  );
}
const syntheses = [1000, 6000].map((perSide) => ({ perSide, ...synthetic(perSide) }));
measure([
  ...real.flatMap(({ symbol, messages }) => [
    {
      name: `${symbol}, applyTicks`,
      levels: 3 * levelsOf(messages),
      work: () => rebuilt(symbol, messages, byTicks),
    },
    {
      name: `${symbol}, applyOffsets`,
      levels: 3 * levelsOf(messages),
      work: () => rebuilt(symbol, messages, byOffsets),
    },
  ]),
  ...syntheses.map(({ perSide, book, messages }) => ({
    name: `synthetic, ${perSide} levels a side, applyTicks`,
    levels: levelsOf(messages),
    work: () => run(book, messages, byTicks),
  })),
]);
for (const { perSide, book } of syntheses)
  console.log(`synthetic, ${perSide} a side: ${book.count('bid')} + ${book.count('ask')} at the end`);

/** Every book takes the whole recording; then all take a message by turns, so that no cache holds the book that is next. */
function roundRobin() {
  const before = process.memoryUsage().arrayBuffers;
  const books = Array.from({ length: BOOKS }, () => new OrderBook());
  const messages = books.map((_, at) => real[at % real.length].messages);
  const weigh = (when) => {
    const bytes = books.reduce((sum, book) => sum + book.memoryBytes, 0) / BOOKS;
    console.log(`${BOOKS} books ${when}: ${(bytes / 1024).toFixed(0)} KiB a book`);
  };
  books.forEach((book, at) => byTicks(book, messages[at][0]));
  weigh('of a snapshot of 1000 + 1000');
  books.forEach((book, at) => messages[at].forEach((message) => byTicks(book, message)));
  weigh('of about 5000 + 5000');
  globalThis.gc?.();
  const held = (process.memoryUsage().arrayBuffers - before) / BOOKS / 1024;
  console.log(`array buffers of the process: ${held.toFixed(0)} KiB a book`);
  let turn = 1;
  const deal = () => {
    for (let left = 20; left > 0; left--, turn++) {
      for (let at = 0; at < BOOKS; at++) {
        const message = messages[at][1 + (turn % (messages[at].length - 1))];
        byTicks(books[at], message);
        levels += message.bidCount + message.askCount;
        sum += books[at].bestBidTicks + books[at].bestAskTicks;
      }
    }
  };
  let levels = 0;
  let sum = 0;
  deal();
  const rounds = Array.from({ length: ROUNDS }, () => {
    levels = 0;
    return cpuNs(deal) / levels;
  });
  if (sum <= 0) throw new Error('expected books with a best price');
  console.log(`${BOOKS} books by turns, applyTicks ${median(rounds).toFixed(1).padStart(32)} ns a level`);
}

roundRobin();
