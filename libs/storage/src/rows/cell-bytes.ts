/*
 * What may stand in a cell, byte by byte. Nothing of it has to be quoted, and none of it starts as a spreadsheet formula
 * does, but for the minus of a negative number.
 */

const MINUS = 0x2d;
const SLASH = 0x2f;
const NINE = 0x39;
const WORD_BYTES_MAX = 64;

/** Whether the byte is one of a plain decimal: `-`, `.` or a digit. */
export function isNumberByte(byte: number): boolean {
  return byte >= MINUS && byte <= NINE && byte !== SLASH;
}

const INSIDE = 1;
const FIRST = 2;
/** What a byte may be in a word: nothing, any byte but the first, or any. */
const WORD_CLASS = new Uint8Array(256);
for (const character of ' .:/-') WORD_CLASS[character.charCodeAt(0)] = INSIDE;
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_')
  WORD_CLASS[character.charCodeAt(0)] = FIRST;

/** Whether `bytes[start, end)` is a word of the exchange: 1 to 64 letters, digits, `_`, and behind the first ` .:/-`. */
export function isWordAt(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > WORD_BYTES_MAX || WORD_CLASS[bytes[start]!] !== FIRST) return false;
  for (let at = start + 1; at < end; at++) if (WORD_CLASS[bytes[at]!]! < INSIDE) return false;
  return true;
}

/** Whether `bytes[start, end)` is the ASCII text. */
export function holdsText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}
