import type { BookSide } from '@org/market-data';
import { NO_SLOT, OFFSET_MASK, PAGE_TICKS, PageIndex, slotOf } from './page-index.ts';

/** Room for so few pages is not worth giving back. */
const SHRINK_PAGES_MIN = 64;

/**
 * One side of a book: quantities by price. Prices are ticks and quantities are units, both integers from 0 below 2^53.
 * Levels far from the touch are levels like all others: real books hold a quarter of them more than 50 % away.
 *
 * Held in pages of 32 neighbouring prices, with a bit for each price that is a level. A page exists while it holds a
 * level. So a change costs the same wherever it is and however many levels there are, the best level is the highest bit
 * of the best page, and what lies empty between far levels costs nothing.
 *
 * A page takes about 300 bytes with all that belongs to it, and room for up to a quarter more pages is kept ready. At
 * worst each level is alone in its page; in real books of 5000 levels a page holds 5 to 7 on average. Pages of 16 ticks
 * would save a third of the memory, and cost a fifth of the time.
 */
export class Ladder {
  /** Turns the prices of ask pages around, so that a higher bit is a better price on both sides. */
  readonly #flip: number;
  readonly #index: PageIndex;
  /** Quantities of the page in each slot; 0 where there is no level. */
  #units = new Float64Array(0);
  /** Which prices of the page in each slot are levels, one bit each. */
  #words = new Int32Array(0);

  constructor(side: BookSide) {
    this.#flip = side === 'bid' ? 0 : OFFSET_MASK;
    this.#index = new PageIndex(side === 'bid' ? 1 : -1);
    this.clear();
  }

  /** Number of levels, counted when asked for: one step a page. */
  get count(): number {
    let count = 0;
    for (let rank = 0; rank < this.#index.used; rank++) {
      for (let word = this.#words[this.#index.slotAt(rank)]!; word !== 0; word &= word - 1) count++;
    }
    return count;
  }

  /** Bytes of all arrays, whether they are in use or kept ready. */
  get bytes(): number {
    return this.#index.bytes + this.#units.byteLength + this.#words.byteLength;
  }

  /** Price of the best level in ticks, -1 when the side is empty. */
  get bestTicks(): number {
    const { used } = this.#index;
    if (used === 0) return -1;
    const slot = this.#index.slotAt(used - 1);
    return this.#ticksAt(slot, highestBit(this.#words[slot]!));
  }

  /** Quantity of the best level in units, -1 when the side is empty. */
  get bestUnits(): number {
    const { used } = this.#index;
    if (used === 0) return -1;
    const slot = this.#index.slotAt(used - 1);
    return this.#units[slot * PAGE_TICKS + highestBit(this.#words[slot]!)]!;
  }

  /** The largest price held, in ticks; -1 when the side is empty. */
  get ticksMax(): number {
    if (this.#flip === 0 || this.#index.used === 0) return this.bestTicks;
    const slot = this.#index.slotAt(0);
    const word = this.#words[slot]!;
    return this.#ticksAt(slot, highestBit(word & -word));
  }

  /** The largest quantity held, in units; 0 when the side is empty. */
  get unitsMax(): number {
    return this.#units.reduce((max, units) => Math.max(max, units), 0);
  }

  /** The quantity at a price, 0 where there is no level. */
  unitsAt(ticks: number): number {
    const offset = ticks & OFFSET_MASK;
    const slot = slotOf(this.#index.table, this.#index.bases, this.#index.shift, ticks);
    return slot === NO_SLOT ? 0 : this.#units[slot * PAGE_TICKS + (offset ^ this.#flip)]!;
  }

  /**
   * Sets the absolute quantities of `levels[start, end)`, ticks and units by turns, in their order; 0 removes a level, and
   * removing one that is not there is normal.
   */
  apply(levels: Float64Array, start: number, end: number): void {
    for (let at = start; at < end;) at = this.#applyWhilePagesStay(levels, at, end);
  }

  clear(): void {
    this.#index.clear();
    this.#units = new Float64Array(0);
    this.#words = new Int32Array(0);
    this.#fitPages();
  }

  /** Copies the best `depth` levels, best first, to `out`, ticks and units by turns, and says how many they are. */
  copyBest(depth: number, out: Float64Array): number {
    const end = 2 * Math.min(depth, out.length >>> 1);
    let at = 0;
    for (let rank = this.#index.used - 1; rank >= 0 && at < end; rank--) {
      const slot = this.#index.slotAt(rank);
      for (let word = this.#words[slot]!; word !== 0 && at < end; at += 2) {
        const bit = highestBit(word);
        word ^= 1 << bit;
        out[at] = this.#ticksAt(slot, bit);
        out[at + 1] = this.#units[slot * PAGE_TICKS + bit]!;
      }
    }
    return at / 2;
  }

  /** Multiplies all prices; the caller has made sure that `ticksMax * factor` stays below 2^53. */
  multiplyTicks(factor: number): void {
    const levels = new Float64Array(2 * this.count);
    this.copyBest(Infinity, levels);
    for (let at = 0; at < levels.length; at += 2) levels[at]! *= factor;
    this.clear();
    this.apply(levels, 0, levels.length);
  }

  /** Multiplies all quantities; the caller has made sure that `unitsMax * factor` stays below 2^53. */
  multiplyUnits(factor: number): void {
    for (let at = 0; at < this.#units.length; at++) this.#units[at]! *= factor;
  }

  #ticksAt(slot: number, bit: number): number {
    return this.#index.bases[slot]! + (bit ^ this.#flip);
  }

  /**
   * Applies levels until one opens or closes a page, and gives the index of the next. Which arrays there are changes then
   * only, so the loop holds them in constants, and it does not branch on removals, which no processor can foresee: with
   * both it takes 12 ns a level of BTCUSDT instead of 16.
   */
  #applyWhilePagesStay(levels: Float64Array, start: number, end: number): number {
    const { bases, shift, table } = this.#index;
    const words = this.#words;
    const units = this.#units;
    const flip = this.#flip;
    for (let at = start; at < end; at += 2) {
      const ticks = levels[at]!;
      const quantity = levels[at + 1]!;
      const offset = ticks & OFFSET_MASK;
      const slot = slotOf(table, bases, shift, ticks);
      if (slot === NO_SLOT) {
        if (quantity === 0) continue;
        this.#open(ticks - offset);
        return at;
      }
      const bit = offset ^ flip;
      const word = (words[slot]! & ~(1 << bit)) | (oneUnlessZero(quantity) << bit);
      units[slot * PAGE_TICKS + bit] = quantity;
      words[slot] = word;
      if (word === 0) {
        this.#close(slot);
        return at + 2;
      }
    }
    return end;
  }

  #open(base: number): void {
    if (this.#index.used === this.#index.capacity) {
      this.#index.grow();
      this.#fitPages();
    }
    this.#index.open(base);
  }

  #close(slot: number): void {
    this.#index.close(slot);
    const { capacity, used } = this.#index;
    if (capacity > SHRINK_PAGES_MIN && 4 * used < capacity) this.multiplyTicks(1);
  }

  /** Gives the quantities as many slots as the index has; slot 0 is nobody's. */
  #fitPages(): void {
    const slots = this.#index.capacity + 1;
    const units = this.#units;
    const words = this.#words;
    this.#units = new Float64Array(slots * PAGE_TICKS);
    this.#units.set(units);
    this.#words = new Int32Array(slots);
    this.#words.set(words);
  }
}

function highestBit(word: number): number {
  return 31 - Math.clz32(word);
}

/** 0 for 0 and 1 for every other quantity below 2^53, without a branch. */
function oneUnlessZero(units: number): number {
  return Math.ceil(units * 2 ** -53) | 0;
}
