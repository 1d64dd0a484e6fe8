import { NO_SLOT, OFFSET_BITS } from './page.ts';

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

  /** Makes room for slots up to `capacity`; returns whether it forgot all pages for that. */
  fit(capacity: number): boolean {
    const bits = 32 - Math.clz32(2 * capacity - 1);
    if (this.entries.length === 1 << bits) return false;
    this.entries = new Int32Array(1 << bits);
    this.tagMask = -1 << (bits + OFFSET_BITS + 1);
    return true;
  }

  clear(): void {
    this.entries = new Int32Array(0);
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
    if (page !== ticks || !isNear(this.entries, nearSlotOf(this.entries, this.tagMask, page))) return;
    this.entries[placeOf(this.entries, page)] = NO_SLOT;
  }
}

/**
 * The slot of the page that `ticks`, an integer of 32 bits, lie in; `isNear` says whether it is one. Like `slotOf` it takes
 * the arrays.
 */
export function nearSlotOf(entries: Int32Array, tagMask: number, ticks: number): number {
  return entries[placeOf(entries, ticks)]! ^ tagOf(tagMask, ticks);
}

/** Whether `nearSlotOf` gave a slot: what it gives for a page that is not known is 0, or greater than any slot. */
export function isNear(entries: Int32Array, slot: number): boolean {
  return (slot - 1) >>> 0 < entries.length;
}

function placeOf(entries: Int32Array, ticks: number): number {
  return (ticks >>> OFFSET_BITS) & (entries.length - 1);
}

function tagOf(tagMask: number, ticks: number): number {
  return (ticks << 1) & tagMask;
}
