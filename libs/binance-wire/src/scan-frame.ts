import type { FrameFields, FrameKind } from './frame-fields.ts';
import { eventKind, hasDepthIds } from './frame-kind.ts';
import {
  afterByte,
  lastByte,
  literalEnd,
  MESSAGE_BYTES_MAX,
  numberEnd,
  skipBlanks,
  skipValue,
  stringEnd,
  UNFAMILIAR,
} from './json-token.ts';
import { scanSide, UNSEEN } from './level-scan.ts';
import { scanFrameSlowly } from './scan-frame-slowly.ts';
import type { Scope } from './slot.ts';
import { BAR_SLOTS, ORDER_SLOTS, SLOT, slotsOfScope } from './slot.ts';

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

const EVENT = 0;
const BAR = 1;
const ORDER = 2;
/** The outermost object while it looks like a bare event. */
const OUTERMOST = 3;
const SCOPES: readonly Scope[] = ['', 'k.', 'o.', ''];

const NO_SLOT = -1;
/** The outermost object turned out to be an envelope. */
const ENVELOPE = -2;
/** The key `k`, which holds a bar. */
const BAR_KEY = -3;

/** Slots of one-letter keys by scope and letter; nearly every key is one. */
const LETTER_SLOTS: readonly Int8Array[] = SCOPES.map((scope) => {
  const slots = new Int8Array(256).fill(NO_SLOT);
  for (const [name, slot] of slotsOfScope(scope)) if (name.length === 1) slots[name.charCodeAt(0)] = slot;
  if (scope === '') slots['k'.charCodeAt(0)] = BAR_KEY;
  return slots;
});

/** How deep a value inside a bar is at most: envelope, event, bar. Counting too deep only costs speed. */
const BRACKETS_AROUND = 3;

function twoLetters(name: string): number {
  return (name.charCodeAt(0) << 8) | name.charCodeAt(1);
}
const PS = twoLetters('ps');
const ST = twoLetters('st');
const PU = twoLetters('pu');
const NQ = twoLetters('nq');
const AP = twoLetters('ap');

/** Slot of a key of two letters. */
function pairSlot(letters: number, scope: number): number {
  if (scope === BAR) return NO_SLOT;
  const isOrder = scope === ORDER;
  if (letters === PU) return isOrder ? NO_SLOT : SLOT.pu;
  if (letters === ST) return isOrder ? SLOT['o.st'] : SLOT.st;
  if (letters === PS) return isOrder ? SLOT['o.ps'] : SLOT.ps;
  if (letters === AP) return isOrder ? SLOT['o.ap'] : SLOT.ap;
  return letters === NQ && !isOrder ? SLOT.nq : NO_SLOT;
}

const STREAM = Array.from('stream', (letter) => letter.charCodeAt(0));
const DATA = Array.from('data', (letter) => letter.charCodeAt(0));

function isName(bytes: Uint8Array, start: number, end: number, name: readonly number[]): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
  return true;
}

/** Slot of the key `bytes[start, end)`, {@link NO_SLOT}, or {@link ENVELOPE} when it is a key of an envelope. */
function keySlot(bytes: Uint8Array, start: number, end: number, scope: number): number {
  const length = end - start;
  if (length === 1) return LETTER_SLOTS[scope]![bytes[start]!]!;
  if (length === 2) return pairSlot((bytes[start]! << 8) | bytes[start + 1]!, scope);
  if (scope !== OUTERMOST) return NO_SLOT;
  return isName(bytes, start, end, STREAM) || isName(bytes, start, end, DATA) ? ENVELOPE : NO_SLOT;
}

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

/** An object or array at a known key: the levels of a diff, an order; anything else is skipped. */
function scanNested(bytes: Uint8Array, at: number, end: number, fields: FrameFields, slot: number): number {
  fields.starts[slot] = NO_SLOT;
  if (bytes[at] === OPEN_OBJECT) {
    if (slot === SLOT.o) return scanMembers(bytes, at, end, fields, ORDER);
  } else if (slot === SLOT.b || slot === SLOT.a) {
    const isBid = slot === SLOT.b;
    const isRepeated = (isBid ? fields.bidCount : fields.askCount) !== UNSEEN;
    return isRepeated ? UNFAMILIAR : scanSide(bytes, at, fields, isBid);
  }
  return skipValue(bytes, at, end, BRACKETS_AROUND);
}

function scanBar(bytes: Uint8Array, at: number, end: number, fields: FrameFields): number {
  fields.starts.fill(NO_SLOT, BAR_SLOTS.first, BAR_SLOTS.end);
  if (bytes[at] === OPEN_OBJECT) return scanMembers(bytes, at, end, fields, BAR);
  return skipValue(bytes, at, end, BRACKETS_AROUND);
}

function scanMember(bytes: Uint8Array, at: number, end: number, fields: FrameFields, slot: number): number {
  if (slot === NO_SLOT) return skipValue(bytes, at, end, BRACKETS_AROUND);
  if (slot === BAR_KEY) return scanBar(bytes, at, end, fields);
  if (slot === SLOT.o) fields.starts.fill(NO_SLOT, ORDER_SLOTS.first, ORDER_SLOTS.end);
  const byte = bytes[at];
  if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) return scanNested(bytes, at, end, fields, slot);
  return scanScalar(bytes, at, end, fields, slot);
}

/** Offset of the value after the key that closes at `close`. */
function valueStart(bytes: Uint8Array, close: number): number {
  if (bytes[close + 1] === COLON && bytes[close + 2]! > BLANK) return close + 2;
  return afterByte(bytes, close + 1, COLON);
}

/** Offset of the next key's quote, or of the closing brace, after a value. */
function nextMember(bytes: Uint8Array, at: number): number {
  if (bytes[at] === COMMA && bytes[at + 1] === QUOTE) return at + 1;
  const found = skipBlanks(bytes, at);
  if (bytes[found] === CLOSE_OBJECT) return found;
  if (bytes[found] !== COMMA) return UNFAMILIAR;
  const key = skipBlanks(bytes, found + 1);
  return bytes[key] === QUOTE ? key : UNFAMILIAR;
}

/** Reads the object at `open` in a scope; returns the offset after it, {@link UNFAMILIAR} or {@link ENVELOPE}. */
function scanMembers(
  bytes: Uint8Array,
  open: number,
  end: number,
  fields: FrameFields,
  scope: number,
): number {
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] === QUOTE) {
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

function scanStreamName(bytes: Uint8Array, at: number, end: number, fields: FrameFields): number {
  const close = bytes[at] === QUOTE && fields.streamStart === 0 ? stringEnd(bytes, at + 1, end) : UNFAMILIAR;
  if (close === UNFAMILIAR) return UNFAMILIAR;
  fields.streamStart = at + 1;
  fields.streamEnd = close;
  return close + 1;
}

/** Reads the envelope at `open`, whose event is the value of `data`; whatever else stands in it is skipped. */
function scanEnvelope(bytes: Uint8Array, open: number, end: number, fields: FrameFields): number {
  let hasData = false;
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] === QUOTE) {
    const key = at + 1;
    const close = stringEnd(bytes, key, end);
    if (close === UNFAMILIAR) return UNFAMILIAR;
    at = valueStart(bytes, close);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    if (isName(bytes, key, close, STREAM)) at = scanStreamName(bytes, at, end, fields);
    else if (isName(bytes, key, close, DATA)) {
      if (hasData) return UNFAMILIAR;
      hasData = true;
      const isEvent = bytes[at] === OPEN_OBJECT;
      at = isEvent ? scanMembers(bytes, at, end, fields, EVENT) : skipValue(bytes, at, end, BRACKETS_AROUND);
    } else at = skipValue(bytes, at, end, BRACKETS_AROUND);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    at = nextMember(bytes, at);
    if (at === UNFAMILIAR) return UNFAMILIAR;
  }
  return bytes[at] === CLOSE_OBJECT && hasData ? at + 1 : UNFAMILIAR;
}

/** Reads the outermost object; returns whether it was plain and whole. */
function scanOutermost(bytes: Uint8Array, fields: FrameFields): boolean {
  const end = lastByte(bytes);
  const open = skipBlanks(bytes, 0);
  if (bytes[open] !== OPEN_OBJECT || bytes[end] !== CLOSE_OBJECT) return false;
  begin(bytes, fields);
  let after = scanMembers(bytes, open, end, fields, OUTERMOST);
  if (after === ENVELOPE) {
    begin(bytes, fields);
    after = scanEnvelope(bytes, open, end, fields);
  }
  return after === end + 1;
}

function begin(bytes: Uint8Array, fields: FrameFields): void {
  fields.clear(bytes);
  fields.bidCount = UNSEEN;
  fields.askCount = UNSEEN;
}

/** Names the event and keeps the levels of a depth diff only; undefined when the strict reader must judge. */
function settle(fields: FrameFields): FrameKind | undefined {
  const kind = eventKind(fields) ?? (fields.streamEnd > 0 ? 'other' : undefined);
  if (kind === 'depthUpdate') {
    const hasSides =
      fields.bidCount >= 0 && fields.askCount >= 0 && !fields.has(SLOT.b) && !fields.has(SLOT.a);
    return hasSides && hasDepthIds(fields) ? kind : undefined;
  }
  fields.bidCount = 0;
  fields.askCount = 0;
  return kind;
}

/**
 * Finds the fields of a WebSocket text frame: a bare event, or the envelope `{"stream":…,"data":{…}}` of it. Keys may
 * stand in any order, unknown keys are skipped, of a repeated key the last one counts.
 *
 * Frames in the exchange's plain form are read in one pass without making an object. Whatever that pass does not
 * know (escapes, levels of bare numbers, repeated sides, answers, damage) goes to {@link scanFrameSlowly}, which
 * gives the same result or throws {@link FrameError}. The plain pass is strict as well: it accepts nothing that the
 * strict reader refuses.
 */
export function scanFrame(bytes: Uint8Array, fields: FrameFields): FrameKind {
  if (bytes.length <= MESSAGE_BYTES_MAX && scanOutermost(bytes, fields)) {
    const kind = settle(fields);
    if (kind !== undefined) {
      fields.kind = kind;
      return kind;
    }
  }
  return scanFrameSlowly(bytes, fields);
}
