import type { BookSide } from '@org/market-data';

const CAPACITY_FIRST = 256;

/** Levels copied out of a ladder, best first; later changes of the ladder do not reach them. */
export interface LadderLevels {
  readonly count: number;
  /** Price of the level at `index`, 0 being the best, in ticks. */
  ticksAt(index: number): number;
  unitsAt(index: number): number;
}

/**
 * One side of a book: quantities by price, sorted by price. Prices are ticks and quantities are units, both integers
 * below 2^53. Levels far from the touch are levels like all others: real books hold a quarter of them more than 50 %
 * away.
 *
 * Held as two sorted arrays with the best level at the end, because that is where most changes happen: an insertion
 * moves only the levels that are better.
 */
export class Ladder {
  /** +1 for bids, -1 for asks: keys are ticks with this sign, so that the best key is the largest on both sides. */
  readonly #sign: number;
  #keys = new Float64Array(CAPACITY_FIRST);
  #units = new Float64Array(CAPACITY_FIRST);
  #count = 0;

  constructor(side: BookSide) {
    this.#sign = side === 'bid' ? 1 : -1;
  }

  get count(): number {
    return this.#count;
  }

  /** Price of the best level in ticks, or undefined when the side is empty. */
  get bestTicks(): number | undefined {
    return this.#count === 0 ? undefined : Math.abs(this.#keys[this.#count - 1]!);
  }

  /** The largest price held, in ticks; 0 when the side is empty. */
  get ticksMax(): number {
    if (this.#count === 0) return 0;
    return Math.abs(this.#keys[this.#sign > 0 ? this.#count - 1 : 0]!);
  }

  /** The largest quantity held, in units; 0 when the side is empty. */
  get unitsMax(): number {
    let max = 0;
    for (let at = 0; at < this.#count; at++) max = Math.max(max, this.#units[at]!);
    return max;
  }

  /** The quantity at a price, 0 where there is no level. */
  unitsAt(ticks: number): number {
    const key = ticks * this.#sign;
    const at = this.#firstNotBelow(key);
    return at < this.#count && this.#keys[at] === key ? this.#units[at]! : 0;
  }

  /** Sets the absolute quantity at a price; 0 removes the level. */
  set(ticks: number, units: number): void {
    if (units === 0) {
      this.remove(ticks);
      return;
    }
    const key = ticks * this.#sign;
    const at = this.#firstNotBelow(key);
    if (at === this.#count || this.#keys[at] !== key) this.#insert(at, key);
    this.#units[at] = units;
  }

  /** Removes the level at a price and says whether there was one; most removals on the wire name none. */
  remove(ticks: number): boolean {
    const key = ticks * this.#sign;
    const at = this.#firstNotBelow(key);
    if (at === this.#count || this.#keys[at] !== key) return false;
    this.#keys.copyWithin(at, at + 1, this.#count);
    this.#units.copyWithin(at, at + 1, this.#count);
    this.#count--;
    return true;
  }

  clear(): void {
    this.#count = 0;
  }

  /** A copy of the best `depth` levels, or of as many as there are. */
  best(depth: number): LadderLevels {
    const from = Math.max(0, this.#count - depth);
    const keys = this.#keys.slice(from, this.#count);
    const units = this.#units.slice(from, this.#count);
    const last = keys.length - 1;
    return {
      count: keys.length,
      ticksAt: (index) => Math.abs(keys[last - index]!),
      unitsAt: (index) => units[last - index]!,
    };
  }

  /** Multiplies all prices; the caller has made sure that `ticksMax * factor` stays below 2^53. */
  multiplyTicks(factor: number): void {
    for (let at = 0; at < this.#count; at++) this.#keys[at]! *= factor;
  }

  /** Multiplies all quantities; the caller has made sure that `unitsMax * factor` stays below 2^53. */
  multiplyUnits(factor: number): void {
    for (let at = 0; at < this.#count; at++) this.#units[at]! *= factor;
  }

  #firstNotBelow(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, key: number): void {
    if (this.#count === this.#keys.length) this.#grow();
    this.#keys.copyWithin(at + 1, at, this.#count);
    this.#units.copyWithin(at + 1, at, this.#count);
    this.#keys[at] = key;
    this.#count++;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const units = new Float64Array(keys.length);
    keys.set(this.#keys);
    units.set(this.#units);
    this.#keys = keys;
    this.#units = units;
  }
}
