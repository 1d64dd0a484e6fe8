export const OFFSET_BITS = 5;

/** Prices of a page: as many as an integer has bits, so that one word tells which of them are levels. */
export const PAGE_TICKS = 1 << OFFSET_BITS;

/** What of a price says where in its page it lies. */
export const OFFSET_MASK = PAGE_TICKS - 1;

/** What is no slot of any page; slots count from 1. */
export const NO_SLOT = 0;
