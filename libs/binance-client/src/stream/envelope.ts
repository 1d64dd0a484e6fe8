import type { Buffer } from 'node:buffer';

const HEAD = Array.from('{"stream":"', (character) => character.charCodeAt(0));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const NAME_BYTES_MAX = 512;

/**
 * The stream name of a combined-stream frame in its usual form, `{"stream":"NAME",…`, one character a byte; undefined
 * for every other form, which is for a parser to judge. Reads nothing behind the name.
 */
export function envelopeStream(bytes: Buffer): string | undefined {
  const start = HEAD.length;
  for (let at = 0; at < start; at++) if (bytes[at] !== HEAD[at]) return undefined;
  const last = Math.min(bytes.length - 1, start + NAME_BYTES_MAX);
  for (let at = start; at < last; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return bytes[at + 1] === COMMA ? bytes.toString('latin1', start, at) : undefined;
    if (byte === BACKSLASH) return undefined;
  }
  return undefined;
}
