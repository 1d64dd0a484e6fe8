import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unitsToDecimal } from '@org/market-data';

export const TOP_LEVELS = 20;
const TOP_EVERY = 10;
const NUMBERS_PER_BEST = 4;
const NUMBERS_PER_TOP = 4 * TOP_LEVELS;
const BYTES_PER_NUMBER = 8;

/**
 * What a book showed while it was fed: best bid and ask after every message, the top 20 of both sides after every
 * tenth. A candidate writes plain numbers at the offsets given, in its own form (ticks or decimals).
 *
 * As evidence it has room for all messages. While the clock runs it has room for a few and is written over and over:
 * the same stores for all candidates, without pushing their books out of the caches.
 */
export class BookTrace {
  /** Bid price and quantity, ask price and quantity, one after the other; -1 where a side is empty. */
  bests;
  /** 20 bids and 20 asks, price and quantity by turns, best first; -1 where there are fewer. Empty when not kept. */
  tops;
  #messages;

  /** @param {{ keepsTops: boolean }} [options] */
  constructor(messages = TOP_EVERY, { keepsTops } = { keepsTops: true }) {
    const tops = keepsTops ? Math.ceil(messages / TOP_EVERY) : 0;
    this.bests = new Float64Array(messages * NUMBERS_PER_BEST);
    this.tops = new Float64Array(tops * NUMBERS_PER_TOP).fill(-1);
    this.#messages = messages;
  }

  /** Where the numbers of a message begin. */
  bestOffset(message) {
    return (message % this.#messages) * NUMBERS_PER_BEST;
  }

  hasTop(message) {
    return message % TOP_EVERY === 0;
  }

  topOffset(message) {
    return ((message % this.#messages) / TOP_EVERY) * NUMBERS_PER_TOP;
  }

  askOffset(topOffset) {
    return topOffset + NUMBERS_PER_TOP / 2;
  }
}

/**
 * Writes what the books of a pass showed, as whole ticks and units whatever the candidate counts in, and what they
 * hold at the end. Returns the parts with the size of a record, which locates the first difference.
 *
 * @param {string} folder
 * @param {import('./workload.mjs').SymbolWork[]} symbols
 * @param {{ trace: BookTrace, levels: (side: 'bid' | 'ask') => Iterable<number[]> }[]} books one a symbol
 * @param {'ticks' | 'decimals'} form
 */
export function writeBookEvidence(folder, symbols, books, form) {
  return symbols.flatMap(({ symbol, decimals }, index) => {
    const { trace, levels } = books[index];
    const toUnits = form === 'ticks' ? { price: 1, quantity: 1 } : factors(decimals);
    const part = (name, numbers, count) => {
      writeFileSync(join(folder, name), wholeNumbers(numbers, toUnits));
      return { name, recordBytes: count * BYTES_PER_NUMBER, record: 'message' };
    };
    const parts = [part(`${symbol} best bid and ask`, trace.bests, NUMBERS_PER_BEST)];
    if (trace.tops.length > 0) {
      const top = part(`${symbol} top ${TOP_LEVELS}`, trace.tops, NUMBERS_PER_TOP);
      parts.push({ ...top, recordsApart: TOP_EVERY });
    }
    const name = `${symbol} final book`;
    writeFileSync(join(folder, name), bookLines(levels, decimals, toUnits));
    return [...parts, { name, record: 'level' }];
  });
}

function factors({ price, quantity }) {
  return { price: 10 ** price, quantity: 10 ** quantity };
}

function wholeNumbers(numbers, toUnits) {
  const whole = new Float64Array(numbers.length);
  for (let at = 0; at < numbers.length; at++) {
    const factor = at % 2 === 0 ? toUnits.price : toUnits.quantity;
    whole[at] = numbers[at] === -1 ? -1 : Math.round(numbers[at] * factor);
  }
  return new Uint8Array(whole.buffer);
}

function bookLines(levels, decimals, toUnits) {
  const lines = [];
  for (const side of ['bid', 'ask']) {
    for (const [price, quantity] of levels(side)) {
      const ticks = unitsToDecimal(Math.round(price * toUnits.price), decimals.price);
      lines.push(
        `${side[0]} ${ticks} ${unitsToDecimal(Math.round(quantity * toUnits.quantity), decimals.quantity)}\n`,
      );
    }
  }
  return lines.join('');
}
