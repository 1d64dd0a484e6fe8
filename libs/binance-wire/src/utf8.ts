/** {@link sequenceEnd}'s answer for bytes that are no UTF-8. */
export const MALFORMED = -1;

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/**
 * Offset after the UTF-8 sequence at `at`, or {@link MALFORMED}: overlong forms, surrogates and code points above
 * U+10FFFF are refused (RFC 3629, section 4), so that every accepted text survives a round trip.
 */
export function sequenceEnd(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const second = bytes[at + 1];
  if (lead < 0x80) return at + 1;
  if (!isContinuation(second)) return MALFORMED;
  if (lead >= 0xc2 && lead <= 0xdf) return at + 2;
  if (lead >= 0xe0 && lead <= 0xef) {
    if ((lead === 0xe0 && second! < 0xa0) || (lead === 0xed && second! > 0x9f)) return MALFORMED;
    return isContinuation(bytes[at + 2]) ? at + 3 : MALFORMED;
  }
  if (lead < 0xf0 || lead > 0xf4) return MALFORMED;
  if ((lead === 0xf0 && second! < 0x90) || (lead === 0xf4 && second! > 0x8f)) return MALFORMED;
  return isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? at + 4 : MALFORMED;
}

const SIX_BITS = 0x3f;

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  if (length === 1) return bytes[at]!;
  let point = bytes[at]! & (0xff >> (length + 1));
  for (let next = at + 1; next < at + length; next++) point = (point << 6) | (bytes[next]! & SIX_BITS);
  return point;
}

const { fromCharCode, fromCodePoint } = String;

/** The text of `bytes[start, end)`; a malformed sequence becomes U+FFFD, byte by byte. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      text += fromCharCode(byte);
      at++;
      continue;
    }
    const after = sequenceEnd(bytes, at);
    const isWhole = after !== MALFORMED && after <= end;
    text += isWhole ? fromCodePoint(codePoint(bytes, at, after - at)) : '\ufffd';
    at = isWhole ? after : at + 1;
  }
  return text;
}

/** Writes `text`, which holds no lone surrogate, into `bytes` at `at`; returns the offset after it. */
export function encodeUtf8(text: string, bytes: Uint8Array, at: number): number {
  let next = at;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x80) bytes[next++] = point;
    else {
      const length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      bytes[next++] = ((0xf00 >> length) & 0xff) | (point >> (6 * (length - 1)));
      for (let left = length - 2; left >= 0; left--)
        bytes[next++] = 0x80 | ((point >> (6 * left)) & SIX_BITS);
    }
  }
  return next;
}
