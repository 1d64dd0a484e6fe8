import { NO_SLOT, PAGE_BITS, PAGE_TICKS } from './page.ts';

/*
 * What the loop over levels uses is a constant of this module, functions too: those V8 folds into its code. What is
 * imported or exported, and every function declaration, it loads and compares for each level: 2 ns of 13.
 */
const OFFSET_BITS = PAGE_BITS;
const OFFSET_MASK = PAGE_TICKS - 1;

const placeOf = (entries: Int32Array, ticks: number): number =>
  (ticks >>> OFFSET_BITS) & (entries.length - 1);
const tagOf = (tagMask: number, ticks: number): number => (ticks << 1) & tagMask;

/** The slot of the page that `ticks` lie in; for a page that is not known 0, or greater than any slot. */
const slotOf = (entries: Int32Array, tagMask: number, ticks: number): number =>
  entries[placeOf(entries, ticks)]! ^ tagOf(tagMask, ticks);
const isSlot = (entries: Int32Array, slot: number): boolean => (slot - 1) >>> 0 < entries.length;

/** `word` with the bit that the low bits of `place` count set, or not set if `units` are 0; without a branch. */
const withBit = (word: number, place: number, units: number): number =>
  (word & ~(1 << place)) | (Number(units !== 0) << place);

/**
 * The page that a price lies in, at a place that follows from the price alone: a table of slots by the low bits of the
 * page's number, each with the other bits, so that one look tells the slot or that it is another page. Two neighbours
 * never want one place, so all that lies near the touch is found here, and most of what lies far from it: 99 levels of
 * 100 of the recordings. Of two pages that want one place the table has the one that was asked for last.
 *
 * It knows prices below 2^31 ticks, and is only a short cut: what it does not tell the hash table does.
 */
export class NearPages {
  /** Slot of a page, and of its number what the place does not tell; 0 where no page is known. */
  entries = new Int32Array(0);
  /** What of an entry is the number of the page. */
  tagMask = 0;
  /** How often `apply` left a page without a level; whoever closes those sets it back. */
  emptied = 0;
  readonly #flip: number;

  /** `flip` turns the prices of a page around where the lowest is the best. */
  constructor(flip: number) {
    this.#flip = flip;
  }

  /** Makes room for slots up to `capacity`. When that needs another table, pages are near again once they were asked for. */
  fit(capacity: number): void {
    const bits = 32 - Math.clz32(2 * capacity - 1);
    if (this.entries.length === 1 << bits) return;
    this.entries = new Int32Array(1 << bits);
    this.tagMask = -1 << (bits + OFFSET_BITS + 1);
  }

  clear(): void {
    this.entries = new Int32Array(0);
    this.emptied = 0;
  }

  /** Tells from now on that the page of these ticks is in `slot`. */
  put(ticks: number, slot: number): void {
    const page = ticks | 0;
    if (page !== ticks) return;
    this.entries[placeOf(this.entries, page)] = tagOf(this.tagMask, page) | slot;
  }

  /** Forgets the page of these ticks, if it is known. */
  forget(ticks: number): void {
    const page = ticks | 0;
    if (page !== ticks || !isSlot(this.entries, slotOf(this.entries, this.tagMask, page))) return;
    this.entries[placeOf(this.entries, page)] = NO_SLOT;
  }

  /**
   * Sets `levels[start, end)`, ticks and units by turns, up to the first whose page is not known here, and gives its index.
   * It does not branch on removals, which no processor can foresee.
   */
  apply(levels: Float64Array, start: number, end: number, units: Float64Array, words: Int32Array): number {
    const { entries, tagMask } = this;
    const flip = this.#flip;
    let { emptied } = this;
    let at = start;
    for (; at < end; at += 2) {
      const ticks = levels[at]! | 0;
      const slot = slotOf(entries, tagMask, ticks);
      if (ticks !== levels[at] || !isSlot(entries, slot)) break;
      const quantity = levels[at + 1]!;
      const place = (slot << OFFSET_BITS) | ((ticks & OFFSET_MASK) ^ flip);
      const word = withBit(words[slot]!, place, quantity);
      units[place] = quantity;
      words[slot] = word;
      if (word === 0) emptied++;
    }
    this.emptied = emptied;
    return at;
  }

  /** Sets the level at a price whose page is in `slot`. */
  set(slot: number, ticks: number, quantity: number, units: Float64Array, words: Int32Array): void {
    const place = (slot << OFFSET_BITS) | ((ticks & OFFSET_MASK) ^ this.#flip);
    const word = withBit(words[slot]!, place, quantity);
    units[place] = quantity;
    words[slot] = word;
    if (word === 0) this.emptied++;
  }
}
