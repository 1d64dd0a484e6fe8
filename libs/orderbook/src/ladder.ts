import type { BookSide } from '@org/market-data';
import { NO_SLOT, OFFSET_MASK, PAGE_TICKS } from './page.ts';
import { PageIndex } from './page-index.ts';

/** Room for so few pages is not worth giving back. */
const SHRINK_PAGES_MIN = 64;
/** When closing empty pages frees fewer than one in 2^4, there is made room for more. */
const FREE_BITS_MIN = 4;
/** Messages of fewer levels build no book. */
const RESERVE_LEVELS_MIN = 64;

const highestBit = (word: number): number => 31 - Math.clz32(word);

/**
 * One side of a book: quantities by price. Prices are ticks and quantities are units, both integers from 0 below 2^53.
 * Levels far from the touch are levels like all others: real books hold a quarter of them more than 50 % away.
 *
 * Held in pages of 32 neighbouring prices, with a bit for each price that is a level. So a change costs the same wherever
 * it is and however many levels there are, the best level is the highest bit of the best page, and what lies empty between
 * far levels costs nothing.
 *
 * A page exists from its first level on. When it becomes empty it is kept, as the price often comes back to it, until
 * pages that became empty are half of all, or a new one finds no room: two recordings open 4600 pages so, and
 * would open 9200. Only the best page is never an empty one.
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
    this.#index = new PageIndex(this.#flip);
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
    let rank = 0;
    while (this.#words[this.#index.slotAt(rank)] === 0) rank++;
    const slot = this.#index.slotAt(rank);
    const word = this.#words[slot]!;
    return this.#ticksAt(slot, highestBit(word & -word));
  }

  /** The largest quantity held, in units; 0 when the side is empty. */
  get unitsMax(): number {
    return this.#units.reduce((max, units) => Math.max(max, units), 0);
  }

  /** The quantity at a price, 0 where there is no level. */
  unitsAt(ticks: number): number {
    const slot = this.#index.find(ticks);
    return slot === NO_SLOT ? 0 : this.#units[this.#placeAt(slot, ticks)]!;
  }

  /**
   * Sets the absolute quantities of `levels[start, end)`, ticks and units by turns, in their order; 0 removes a level, and
   * removing one that is not there is normal.
   */
  apply(levels: Float64Array, start: number, end: number): void {
    if (this.#index.used === 0 && end - start >= 2 * RESERVE_LEVELS_MIN) this.#reserve(levels, start, end);
    for (let at = start; at < end; at += 2) {
      at = this.#index.near.apply(levels, at, end, this.#units, this.#words);
      if (at < end) this.#applyFar(levels[at]!, levels[at + 1]!);
    }
    this.#closeSome();
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
    const flip = this.#flip;
    const units = this.#units;
    for (let rank = this.#index.used - 1; rank >= 0 && at < end; rank--) {
      const slot = this.#index.slotAt(rank);
      const base = this.#index.bases[slot]!;
      for (let word = this.#words[slot]!; word !== 0 && at < end; at += 2) {
        const bit = highestBit(word);
        word ^= 1 << bit;
        out[at] = base + (bit ^ flip);
        out[at + 1] = units[slot * PAGE_TICKS + bit]!;
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

  #placeAt(slot: number, ticks: number): number {
    return slot * PAGE_TICKS + ((ticks & OFFSET_MASK) ^ this.#flip);
  }

  #applyFar(ticks: number, quantity: number): void {
    let slot = this.#index.find(ticks);
    if (slot === NO_SLOT) {
      if (quantity === 0) return;
      slot = this.#open(ticks - (ticks & OFFSET_MASK));
    }
    this.#index.near.set(slot, ticks, quantity, this.#units, this.#words);
  }

  #open(base: number): number {
    if (this.#index.used === this.#index.capacity) this.#makeRoom();
    return this.#index.open(base);
  }

  #makeRoom(): void {
    this.#closeEmpty();
    const { capacity, used } = this.#index;
    if (used < capacity - (capacity >> FREE_BITS_MIN)) return;
    this.#index.grow();
    this.#fitPages();
  }

  /** Makes room at once for the pages of levels that are sorted: growing step by step would cost as much as the levels. */
  #reserve(levels: Float64Array, start: number, end: number): void {
    let pages = 0;
    let base = -1;
    for (let at = start; at < end; at += 2) {
      const ticks = levels[at]!;
      if (levels[at + 1] === 0 || ticks - (ticks & OFFSET_MASK) === base) continue;
      base = ticks - (ticks & OFFSET_MASK);
      pages++;
    }
    this.#index.reserve(pages);
    this.#fitPages();
  }

  #closeSome(): void {
    const index = this.#index;
    while (index.used > 0 && this.#words[index.slotAt(index.used - 1)] === 0) index.closeBest();
    const { emptied } = index.near;
    if (emptied > SHRINK_PAGES_MIN && 2 * emptied > index.used) this.#closeEmpty();
  }

  /** Closes all pages that are empty, and gives room back when most is free. */
  #closeEmpty(): void {
    this.#index.closeEmpty(this.#words);
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
