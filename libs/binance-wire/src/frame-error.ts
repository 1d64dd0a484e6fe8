const EXCERPT_CHARS_MAX = 200;
/** How much of the excerpt lies before the fault, so that the reader sees what led there. */
const EXCERPT_BYTES_BEFORE = 25;
const FOUND_BYTES = 12;

/** One line of printable ASCII: bytes from a stranger must not steer a terminal or split a log line. */
function printable(bytes: Uint8Array, start: number, end: number, charsMax: number): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    const next = isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
    if (text.length + next.length > charsMax) break;
    text += next;
  }
  return text;
}

/**
 * The bytes are not what the exchange sends: not JSON, or an event without what it must have. Reaction: store the
 * frame as it came, count it, resync that symbol.
 */
export class FrameError extends Error {
  readonly code = 'MESSAGE_MALFORMED';
  /** Where the fault was noticed, in the bytes that were read. */
  readonly byteOffset: number;
  /** At most 200 characters around the fault; bytes that are not printable ASCII as `\xNN`. */
  readonly excerpt: string;

  constructor(bytes: Uint8Array, byteOffset: number, expected: string) {
    const found = printable(bytes, byteOffset, Math.min(byteOffset + FOUND_BYTES, bytes.length), 40);
    const was = byteOffset >= bytes.length ? 'the end' : `'${found}'`;
    super(`message byte ${byteOffset} of ${bytes.length}: expected ${expected}, was ${was}`);
    this.name = 'FrameError';
    this.byteOffset = byteOffset;
    const start = Math.max(0, Math.min(byteOffset, bytes.length) - EXCERPT_BYTES_BEFORE);
    this.excerpt = printable(bytes, start, bytes.length, EXCERPT_CHARS_MAX);
  }
}
