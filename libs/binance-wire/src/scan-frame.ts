import type { FrameFields, FrameKind } from './frame-fields.ts';
import { eventKind, hasDepthIds } from './frame-kind.ts';
import { lastByte, MESSAGE_BYTES_MAX, skipBlanks, skipValue, stringEnd, UNFAMILIAR } from './json-token.ts';
import { characters, ENVELOPE, EVENT, isName, OUTERMOST } from './key-slot.ts';
import { begin, BRACKETS_AROUND, nextMember, scanMembers, valueStart } from './member-scan.ts';
import { scanFrameSlowly } from './scan-frame-slowly.ts';

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const STREAM = characters('stream');
const DATA = characters('data');

function scanStreamName(bytes: Uint8Array, at: number, end: number, fields: FrameFields): number {
  const close = bytes[at] === QUOTE ? stringEnd(bytes, at + 1, end) : UNFAMILIAR;
  if (close === UNFAMILIAR) return UNFAMILIAR;
  fields.streamStart = at + 1;
  fields.streamEnd = close;
  return close + 1;
}

/** Whether the key whose first character stands at `at` is `name`. */
function isKey(bytes: Uint8Array, at: number, name: readonly number[]): boolean {
  return bytes[at + name.length] === QUOTE && isName(bytes, at, at + name.length, name);
}

/** Reads the envelope at `open`, whose event is the value of `data`; whatever else stands in it is skipped. */
function scanEnvelope(bytes: Uint8Array, open: number, end: number, fields: FrameFields): number {
  let hasData = false;
  let at = skipBlanks(bytes, open + 1);
  while (bytes[at] === QUOTE) {
    const key = at + 1;
    const isStream = isKey(bytes, key, STREAM);
    const isData = !isStream && isKey(bytes, key, DATA);
    const close = isStream ? key + STREAM.length : isData ? key + DATA.length : stringEnd(bytes, key, end);
    if (close < 0) return UNFAMILIAR;
    at = valueStart(bytes, close);
    if (at < 0) return UNFAMILIAR;
    if (isStream) at = scanStreamName(bytes, at, end, fields);
    else if (isData) {
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
  // What begins with `stream` need not be tried as an event.
  if (isKey(bytes, open + 2, STREAM)) return scanEnvelope(bytes, open, end, fields) === end + 1;
  let after = scanMembers(bytes, open, end, fields, OUTERMOST);
  if (after === ENVELOPE) {
    begin(bytes, fields);
    after = scanEnvelope(bytes, open, end, fields);
  }
  return after === end + 1;
}

/** Names the event and keeps the levels of a depth diff only; undefined when the strict reader must judge. */
function settle(fields: FrameFields): FrameKind | undefined {
  const kind = eventKind(fields) ?? (fields.streamEnd > 0 ? 'other' : undefined);
  if (kind === 'depthUpdate') {
    const hasSides = fields.bidCount >= 0 && fields.askCount >= 0;
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
