import type { FrameFields } from './frame-fields.ts';
import { SLOT } from './slot.ts';

const OFFSETS_PER_LEVEL = 4;
const QUOTE = 0x22;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Types of values: an unsigned integer, … */
export const INTEGER = 0;
/** … a string, without its quotes, … */
export const STRING = 1;
/** … the name of the event, which stays what it is, … */
export const KIND = 2;
/** … and the sides, with their brackets. */
export const BIDS = 3;
export const ASKS = 4;

/** Stands for the name of the stream in place of a slot; sides have none either. */
export const NO_SLOT = -1;

/** What sequence checks need: these must be integers. */
const IDS: readonly number[] = [SLOT.E, SLOT.U, SLOT.u, SLOT.pu];

/** What stands in `bytes[start, end)` of a frame and may be different in the next one. */
export interface Value {
  readonly type: number;
  readonly slot: number;
  readonly start: number;
  readonly end: number;
}

function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at]! ^ ZERO) > 9) return false;
  return end > start;
}

/** The value of a present slot; undefined for what is rare: literals, fractions, ids in quotes. */
function valueOf({ bytes, starts, ends }: FrameFields, slot: number): Value | undefined {
  const start = starts[slot]!;
  const end = ends[slot]!;
  if (slot === SLOT.e) return { type: KIND, slot, start, end };
  const isString = bytes[start - 1] === QUOTE;
  if (isString) return IDS.includes(slot) ? undefined : { type: STRING, slot, start, end };
  return isInteger(bytes, start, end) ? { type: INTEGER, slot, start, end } : undefined;
}

/** The side of `count` levels from `first` on; undefined unless it has some, without blanks around. */
function sideOf(
  { bytes, levels }: FrameFields,
  type: number,
  first: number,
  count: number,
): Value | undefined {
  if (count === 0) return undefined;
  const start = levels[first * OFFSETS_PER_LEVEL]! - 3;
  const quote = levels[(first + count) * OFFSETS_PER_LEVEL - 1]!;
  const isOpen = bytes[start] === OPEN && bytes[start + 1] === OPEN;
  const isClosed = bytes[quote + 1] === CLOSE && bytes[quote + 2] === CLOSE;
  return isOpen && isClosed ? { type, slot: NO_SLOT, start, end: quote + 3 } : undefined;
}

/** The values of a scanned depth diff as they follow each other; undefined when one is of a rare form. */
export function valuesOf(fields: FrameFields): readonly Value[] | undefined {
  const { starts, streamStart, streamEnd, bidCount, askCount } = fields;
  const values = [sideOf(fields, BIDS, 0, bidCount), sideOf(fields, ASKS, bidCount, askCount)];
  if (streamEnd > 0) values.push({ type: STRING, slot: NO_SLOT, start: streamStart, end: streamEnd });
  for (let slot = 0; slot < starts.length; slot++) if (starts[slot]! >= 0) values.push(valueOf(fields, slot));
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known.toSorted((a, b) => a.start - b.start) : undefined;
}
