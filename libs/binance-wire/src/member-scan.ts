import type { FrameFields } from './frame-fields.ts';
import {
  afterByte,
  literalEnd,
  numberEnd,
  skipBlanks,
  skipValue,
  stringEnd,
  UNFAMILIAR,
} from './json-token.ts';
import { BAR, BAR_KEY, BIDS_KEY, ENVELOPE, keySlot, NO_SLOT, ORDER } from './key-slot.ts';
import { scanSide, UNSEEN } from './level-scan.ts';
import { scanPlainMembers } from './plain-members.ts';
import { BAR_SLOTS, ORDER_SLOTS, SLOT } from './slot.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NULL_STARTS = 0x6e;
/** The highest white space. */
const BLANK = 0x20;

/** How many brackets surround a value at most: envelope, event, bar. Counting too many only costs speed. */
export const BRACKETS_AROUND = 3;

/** Reads a string, number or literal into a slot; null leaves it absent. */
function scanScalar(bytes: Uint8Array, at: number, end: number, fields: FrameFields, slot: number): number {
  const byte = bytes[at]!;
  fields.starts[slot] = at;
  if (byte === QUOTE) {
    const close = stringEnd(bytes, at + 1, end);
    fields.starts[slot] = at + 1;
    fields.ends[slot] = close;
    return close === UNFAMILIAR ? UNFAMILIAR : close + 1;
  }
  const isNumber = byte === MINUS || (byte >= 0x30 && byte <= 0x39);
  const after = isNumber ? numberEnd(bytes, at) : literalEnd(bytes, at);
  if (byte === NULL_STARTS) fields.starts[slot] = NO_SLOT;
  fields.ends[slot] = after;
  return after;
}

/** Whether a side was read before; whatever repeats its key must replace it, which the strict reader does. */
function isSeen(fields: FrameFields, isBid: boolean): boolean {
  return (isBid ? fields.bidCount : fields.askCount) !== UNSEEN;
}

/** An object or array at a known key: the levels of a diff, an order; anything else is skipped. */
function scanNested(bytes: Uint8Array, at: number, end: number, fields: FrameFields, slot: number): number {
  fields.starts[slot] = NO_SLOT;
  if (bytes[at] === OPEN_OBJECT) {
    if (slot === SLOT.o) return scanMembers(bytes, at, end, fields, ORDER);
  } else if (slot === SLOT.b || slot === SLOT.a) return scanSide(bytes, at, fields, slot === SLOT.b);
  return skipValue(bytes, at, end, BRACKETS_AROUND);
}

function scanBar(bytes: Uint8Array, at: number, end: number, fields: FrameFields): number {
  fields.starts.fill(NO_SLOT, BAR_SLOTS.first, BAR_SLOTS.end);
  if (bytes[at] === OPEN_OBJECT) return scanMembers(bytes, at, end, fields, BAR);
  return skipValue(bytes, at, end, BRACKETS_AROUND);
}

/** The value of a key that has no slot of its own. */
function scanSpecial(bytes: Uint8Array, at: number, end: number, fields: FrameFields, key: number): number {
  if (key === BAR_KEY) return scanBar(bytes, at, end, fields);
  if (key === NO_SLOT) return skipValue(bytes, at, end, BRACKETS_AROUND);
  const isBid = key === BIDS_KEY;
  return bytes[at] === OPEN_ARRAY && !isSeen(fields, isBid) ? scanSide(bytes, at, fields, isBid) : UNFAMILIAR;
}

function scanMember(bytes: Uint8Array, at: number, end: number, fields: FrameFields, slot: number): number {
  if (slot < 0) return scanSpecial(bytes, at, end, fields, slot);
  if (slot === SLOT.o) fields.starts.fill(NO_SLOT, ORDER_SLOTS.first, ORDER_SLOTS.end);
  if ((slot === SLOT.b || slot === SLOT.a) && isSeen(fields, slot === SLOT.b)) return UNFAMILIAR;
  const byte = bytes[at];
  if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) return scanNested(bytes, at, end, fields, slot);
  return scanScalar(bytes, at, end, fields, slot);
}

/** Offset of the value after the key that closes at `close`. */
export function valueStart(bytes: Uint8Array, close: number): number {
  if (bytes[close + 1] === COLON && bytes[close + 2]! > BLANK) return close + 2;
  return afterByte(bytes, close + 1, COLON);
}

/** Offset of the next key's quote, or of the closing brace, after a value. */
export function nextMember(bytes: Uint8Array, at: number): number {
  if (bytes[at] === COMMA && bytes[at + 1] === QUOTE) return at + 1;
  const found = skipBlanks(bytes, at);
  if (bytes[found] === CLOSE_OBJECT) return found;
  if (bytes[found] !== COMMA) return UNFAMILIAR;
  const key = skipBlanks(bytes, found + 1);
  return bytes[key] === QUOTE ? key : UNFAMILIAR;
}

/** Reads the object at `open` in a scope; returns the offset after it, {@link UNFAMILIAR} or {@link ENVELOPE}. */
export function scanMembers(
  bytes: Uint8Array,
  open: number,
  end: number,
  fields: FrameFields,
  scope: number,
): number {
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] === QUOTE) {
    at = scanPlainMembers(bytes, at, fields, scope);
    if (bytes[at] !== QUOTE) break;
    const key = at + 1;
    const close = stringEnd(bytes, key, end);
    if (close === UNFAMILIAR) return UNFAMILIAR;
    const slot = keySlot(bytes, key, close, scope);
    if (slot === ENVELOPE) return ENVELOPE;
    at = valueStart(bytes, close);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    at = scanMember(bytes, at, end, fields, slot);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    at = nextMember(bytes, at);
    if (at === UNFAMILIAR) return UNFAMILIAR;
  }
  return bytes[at] === CLOSE_OBJECT ? at + 1 : UNFAMILIAR;
}

/** Makes the fields ready for a plain pass over `bytes`. */
export function begin(bytes: Uint8Array, fields: FrameFields): void {
  fields.clear(bytes);
  fields.bidCount = UNSEEN;
  fields.askCount = UNSEEN;
}
