import { Buffer } from 'node:buffer';

/** Longest state of a commit. */
const CHARACTERS_MAX = 48 * 1024 * 1024;
/** Most bytes that it takes in a checkpoint, which may have 64 MiB: the rest is for the list of files. */
const ENCODED_BYTES_MAX = 60 * 1024 * 1024;
/** What JSON makes of a control character: `\u0001`. */
const ENCODED_BYTES_PER_CHARACTER_MAX = 6;

/** Throws a `RangeError` for a state that could not be read back from a checkpoint. */
export function checkState(state: string): void {
  if (state.length > CHARACTERS_MAX) {
    throw new RangeError(`expected a state of at most ${CHARACTERS_MAX} characters, was ${state.length}`);
  }
  if (state.length * ENCODED_BYTES_PER_CHARACTER_MAX <= ENCODED_BYTES_MAX) return;
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes > ENCODED_BYTES_MAX) {
    throw new RangeError(`expected a state of at most ${ENCODED_BYTES_MAX} bytes as JSON, was ${bytes}`);
  }
}
