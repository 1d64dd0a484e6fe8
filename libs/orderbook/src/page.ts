/** As many low bits of a price say where in its page it lies. */
export const PAGE_BITS = 5;

/** Prices of a page: as many as an integer has bits, so that one word tells which of them are levels. */
export const PAGE_TICKS = 1 << PAGE_BITS;

/** What of a price says where in its page it lies. */
export const OFFSET_MASK = PAGE_TICKS - 1;

/** What is no slot of any page; slots count from 1. */
export const NO_SLOT = 0;
