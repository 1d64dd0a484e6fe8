/** Longest text of a price or quantity that is looked at; the exchange sends at most 20 characters. */
const LEVEL_TEXT_MAX = 64;

/** Room that {@link writeLevelText} needs. */
export const LEVEL_TEXT_BYTES = LEVEL_TEXT_MAX + 1;

/**
 * Writes `text` to the start of `bytes`, one byte a character, and returns the end. A character that is no single byte,
 * and one beyond the 64th, becomes a byte that no decimal contains.
 */
export function writeLevelText(text: string, bytes: Uint8Array): number {
  const length = Math.min(text.length, LEVEL_TEXT_MAX);
  for (let at = 0; at < length; at++) bytes[at] = Math.min(text.charCodeAt(at), 0xff);
  if (length === text.length) return length;
  bytes[length] = 0xff;
  return length + 1;
}

/** The text at `bytes[start, end)` for an error message, cut off where no decimal goes on. */
export function readLevelText(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + LEVEL_TEXT_MAX)));
}
