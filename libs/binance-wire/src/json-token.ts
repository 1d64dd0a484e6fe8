import { MALFORMED, sequenceEnd } from './utf8.ts';

/**
 * The straight-line readers answer with the offset after what they read, or with this: not the plain form. It is no
 * verdict; the strict reader, which knows every form, decides whether the text is JSON.
 */
export const UNFAMILIAR = -1;

/** Deepest nesting of objects and arrays that is read; the exchange needs 5. */
export const DEPTH_MAX = 64;

/** Longest message that is read: a depth snapshot of 5000 levels a side has 350 kB. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const PLAIN = 0;
const NOT_ASCII = 2;
/** What a byte is inside a string: 0 part of it, 1 its end, an escape or a control character, 2 not ASCII. */
const STRING_CLASS = new Uint8Array(256).map((_, byte) =>
  byte >= 0x80 ? NOT_ASCII : byte < 0x20 || byte === QUOTE || byte === 0x5c ? 1 : PLAIN,
);

/** Whether a byte inside a string is ASCII and nothing else than a part of it. */
export function isPlainInString(byte: number): boolean {
  return STRING_CLASS[byte] === PLAIN;
}

/** Offset of the first byte at or after `at` that is no JSON white space. */
export function skipBlanks(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] === 0x20 || bytes[next] === 0x0a || bytes[next] === 0x0d || bytes[next] === 0x09) next++;
  return next;
}

/** Offset of the last byte that is no JSON white space; -1 when there is none. */
export function lastByte(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at--;
  return at;
}

/** `at` stands after an opening quote; offset of the closing quote of a string without escapes. */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const kind = STRING_CLASS[bytes[next]!];
    if (kind === PLAIN) next++;
    else if (kind === NOT_ASCII) {
      next = sequenceEnd(bytes, next);
      if (next === MALFORMED) return UNFAMILIAR;
    } else return bytes[next] === QUOTE ? next : UNFAMILIAR;
  }
  return UNFAMILIAR;
}

/** A digit differs from '0', by exclusive or, in exactly its value: one comparison instead of two. */
function isDigit(byte: number): boolean {
  return (byte ^ ZERO) < 10;
}

/** Offset after the digits at `at`; `at` itself when there are none. */
function digitsEnd(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isDigit(bytes[next]!)) next++;
  return next;
}

/** Offset after the JSON number at `at` (RFC 8259, section 6). */
export function numberEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  let next = digitsEnd(bytes, first);
  if (next === first || (bytes[first] === ZERO && next > first + 1)) return UNFAMILIAR;
  if (bytes[next] === COMMA) return next; // nearly every number of an event is an integer and not the last member
  if (bytes[next] === DOT) {
    const fraction = next + 1;
    next = digitsEnd(bytes, fraction);
    if (next === fraction) return UNFAMILIAR;
  }
  if (bytes[next] !== 0x65 && bytes[next] !== 0x45) return next;
  const sign = bytes[next + 1];
  const exponent = sign === 0x2b || sign === MINUS ? next + 2 : next + 1;
  next = digitsEnd(bytes, exponent);
  return next === exponent ? UNFAMILIAR : next;
}

/** Offset after `true`, `false` or `null` at `at`. */
export function literalEnd(bytes: Uint8Array, at: number): number {
  const b = bytes[at + 1];
  const c = bytes[at + 2];
  const d = bytes[at + 3];
  switch (bytes[at]) {
    case 0x74: // true
      return b === 0x72 && c === 0x75 && d === 0x65 ? at + 4 : UNFAMILIAR;
    case 0x66: // false
      return b === 0x61 && c === 0x6c && d === 0x73 && bytes[at + 4] === 0x65 ? at + 5 : UNFAMILIAR;
    case 0x6e: // null
      return b === 0x75 && c === 0x6c && d === 0x6c ? at + 4 : UNFAMILIAR;
    default:
      return UNFAMILIAR;
  }
}

/** Offset after the key and colon at `at`, which stands on a quote, and the blanks around the colon. */
function keyEnd(bytes: Uint8Array, at: number, end: number): number {
  const close = bytes[at] === QUOTE ? stringEnd(bytes, at + 1, end) : UNFAMILIAR;
  if (close === UNFAMILIAR) return UNFAMILIAR;
  return afterByte(bytes, close + 1, COLON);
}

/** Offset after `byte` at `at` and the blanks around it. */
export function afterByte(bytes: Uint8Array, at: number, byte: number): number {
  const found = skipBlanks(bytes, at);
  return bytes[found] === byte ? skipBlanks(bytes, found + 1) : UNFAMILIAR;
}

function itemsEnd(bytes: Uint8Array, open: number, end: number, depth: number): number {
  const isObject = bytes[open] === OPEN_OBJECT;
  const close = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
  let at = skipBlanks(bytes, open + 1);
  if (bytes[at] === close) return at + 1;
  for (;;) {
    if (isObject) at = keyEnd(bytes, at, end);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    at = skipValue(bytes, at, end, depth);
    if (at === UNFAMILIAR) return UNFAMILIAR;
    at = skipBlanks(bytes, at);
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== COMMA) return UNFAMILIAR;
    at = skipBlanks(bytes, at + 1);
  }
}

/**
 * Offset after the value at `at`, whatever it is. What is skipped is checked as strictly as what is read, so that
 * the plain path never accepts what the strict reader refuses. `depth` is the number of open brackets around it.
 */
export function skipValue(bytes: Uint8Array, at: number, end: number, depth: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) {
    const close = stringEnd(bytes, at + 1, end);
    return close === UNFAMILIAR ? UNFAMILIAR : close + 1;
  }
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
    return depth >= DEPTH_MAX ? UNFAMILIAR : itemsEnd(bytes, at, end, depth + 1);
  }
  return byte === MINUS || isDigit(byte!) ? numberEnd(bytes, at) : literalEnd(bytes, at);
}
