import { NearPages } from './near-pages.ts';
import { NO_SLOT, OFFSET_MASK, PAGE_BITS } from './page.ts';

const CAPACITY_FIRST = 16;
/** Up to here room is doubled, beyond it grows by a quarter, because hundreds of books are held. */
const DOUBLING_MAX = 64;
const GROUP_BITS = 3;
const GROUP_MASK = (1 << GROUP_BITS) - 1;
/** 2^32 divided by the golden ratio: multiplying by it scatters what lies in even steps. */
const GOLDEN = 0x9e3779b1 | 0;

/**
 * The slot of the page that `ticks` lies in, found through a hash table with linear probing. It takes the arrays instead
 * of the index, because the loop over a message's levels holds them in constants.
 */
function slotOf(table: Int32Array, bases: Float64Array, shift: number, ticks: number): number {
  const base = ticks - (ticks & OFFSET_MASK);
  const mask = table.length - 1;
  let place = hashOf(ticks, shift);
  let slot = table[place]!;
  while (slot !== NO_SLOT && bases[slot] !== base) {
    place = (place + 1) & mask;
    slot = table[place]!;
  }
  return slot;
}

/**
 * Where the search for a page begins. Groups of eight neighbouring pages are scattered, the pages of a group lie side by
 * side: with hundreds of books, whose tables no cache can hold, that saves a sixth of the time. Only the low 32 bits of a
 * price count; pages that are equal in them are found too, one step each later.
 */
function hashOf(ticks: number, shift: number): number {
  const group = Math.imul((ticks | 0) >>> (PAGE_BITS + GROUP_BITS), GOLDEN) >>> (shift + GROUP_BITS);
  return (group << GROUP_BITS) | (((ticks | 0) >>> PAGE_BITS) & GROUP_MASK);
}

/**
 * Which pages of 32 prices exist. A page is found by its first price, at first in {@link NearPages}, then through a hash
 * table, and the pages are sorted, the best last. Less than one level in a hundred opens or closes a page, so sorting them costs
 * next to nothing; sorting the levels did.
 */
export class PageIndex {
  /** +1 where the highest price is the best, -1 where the lowest is. */
  readonly #sign: number;
  /** First price of the page in each slot, in ticks. */
  bases = new Float64Array(0);
  /** The hash table: slots, `NO_SLOT` in a free place; never more than half full. */
  table = new Int32Array(0);
  /** What leaves of a hash as many bits as the table has places. */
  shift = 0;
  readonly near: NearPages;
  /** All slots: first those of the pages, from the worst to the best, then the free ones. */
  #order = new Int32Array(0);
  #used = 0;

  /** `flip` turns the prices of a page around where the lowest is the best; it is 0 where the highest is. */
  constructor(flip: number) {
    this.#sign = flip === 0 ? 1 : -1;
    this.near = new NearPages(flip);
    this.clear();
  }

  /** Number of pages. */
  get used(): number {
    return this.#used;
  }

  /** Number of pages that there is room for. */
  get capacity(): number {
    return this.#order.length;
  }

  get bytes(): number {
    const { bases, near, table } = this;
    return bases.byteLength + table.byteLength + near.entries.byteLength + this.#order.byteLength;
  }

  /** The slot of the page at `rank`, 0 being the worst and `used - 1` the best. */
  slotAt(rank: number): number {
    return this.#order[rank]!;
  }

  /** The slot of the page that `ticks` lies in, `NO_SLOT` when it does not exist; the next time it is near. */
  find(ticks: number): number {
    const slot = slotOf(this.table, this.bases, this.shift, ticks);
    if (slot !== NO_SLOT) this.near.put(ticks, slot);
    return slot;
  }

  clear(): void {
    this.#used = 0;
    this.bases = new Float64Array(0);
    this.#order = new Int32Array(0);
    this.near.clear();
    this.#resize(CAPACITY_FIRST);
  }

  /** Makes room for a few pages more; slots stay what they are. */
  grow(): void {
    const { capacity } = this;
    this.#resize(capacity < DOUBLING_MAX ? 2 * capacity : Math.ceil(1.25 * capacity));
  }

  /** Makes room for `capacity` pages, if there is less. */
  reserve(capacity: number): void {
    if (capacity > this.capacity) this.#resize(capacity);
  }

  /** Adds a page that does not exist yet and gives its slot; `used` must be below `capacity`. */
  open(base: number): number {
    const order = this.#order;
    const slot = order[this.#used]!;
    const rank = this.#rankOf(base);
    order.copyWithin(rank + 1, rank, this.#used++);
    order[rank] = slot;
    this.bases[slot] = base;
    this.#hash(slot);
    this.near.put(base, slot);
    return slot;
  }

  /** Takes the best page away and gives its slot back. */
  closeBest(): void {
    this.#forget(this.#order[--this.#used]!);
  }

  /** Takes all pages away whose word is 0, and gives their slots back. */
  closeEmpty(words: Int32Array): void {
    const order = this.#order;
    let kept = 0;
    for (let rank = 0; rank < this.#used; rank++) {
      const slot = order[rank]!;
      if (words[slot] === 0) {
        this.#forget(slot);
      } else {
        order[rank] = order[kept]!;
        order[kept++] = slot;
      }
    }
    this.#used = kept;
    this.near.emptied = 0;
  }

  /** How many pages are worse than `base`. */
  #rankOf(base: number): number {
    const order = this.#order;
    const bases = this.bases;
    const sign = this.#sign;
    let low = 0;
    let high = this.#used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bases[order[middle]!]! * sign < base * sign) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #resize(capacity: number): void {
    const { bases } = this;
    const order = this.#order;
    this.bases = new Float64Array(capacity + 1);
    this.bases.set(bases);
    this.#order = new Int32Array(capacity);
    this.#order.set(order);
    for (let rank = order.length; rank < capacity; rank++) this.#order[rank] = rank + 1;
    this.#hashAll();
    this.near.fit(capacity);
  }

  #hashAll(): void {
    const bits = 32 - Math.clz32(2 * this.capacity - 1);
    this.table = new Int32Array(1 << bits);
    this.shift = 32 - bits;
    for (let rank = 0; rank < this.#used; rank++) this.#hash(this.#order[rank]!);
  }

  #forget(slot: number): void {
    this.near.forget(this.bases[slot]!);
    this.#unhash(slot);
  }

  #hash(slot: number): void {
    const { table } = this;
    let place = hashOf(this.bases[slot]!, this.shift);
    while (table[place] !== NO_SLOT) place = (place + 1) & (table.length - 1);
    table[place] = slot;
  }

  /** Frees the place of a slot, and moves up what was pushed behind it, so that no search ends too early. */
  #unhash(slot: number): void {
    const { bases, shift, table } = this;
    const mask = table.length - 1;
    let free = hashOf(bases[slot]!, shift);
    while (table[free] !== slot) free = (free + 1) & mask;
    for (let place = (free + 1) & mask; table[place] !== NO_SLOT; place = (place + 1) & mask) {
      const pushed = (place - hashOf(bases[table[place]!]!, shift)) & mask;
      if (pushed < ((place - free) & mask)) continue;
      table[free] = table[place]!;
      free = place;
    }
    table[free] = NO_SLOT;
  }
}
