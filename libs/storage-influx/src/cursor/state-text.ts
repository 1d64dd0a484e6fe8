import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';

/** Longest state of a commit, as in files. */
const CHARACTERS_MAX = 48 * 1024 * 1024;
/** UTF-8 has at most three bytes a character of a string. */
const BYTES_MAX = 3 * CHARACTERS_MAX;
/**
 * Characters of one string field. The documentation of 1.x and 2.x names 64 KiB as the most (docs.influxdata.com, line
 * protocol, seen 2026-11); the 1.6.7 that it was tried on takes three million.
 */
const PART_CHARACTERS = 48 * 1024;

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A state in pieces that fields can hold: gzip, then base64, which needs no escapes. */
export interface StateParts {
  readonly parts: readonly string[];
  readonly sha256: string;
}

/** Throws a `RangeError` for a state that is too long. */
export async function splitState(state: string): Promise<StateParts> {
  if (state.length > CHARACTERS_MAX)
    throw new RangeError(`expected a state of at most ${CHARACTERS_MAX} characters, was ${state.length}`);
  const packed = await compress(Buffer.from(state), { level: constants.Z_BEST_SPEED });
  const text = packed.toString('base64');
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += PART_CHARACTERS) parts.push(text.slice(at, at + PART_CHARACTERS));
  return { parts, sha256: sha256(text) };
}

/** The state of its parts; undefined when they are not those that had the hash. */
export async function joinState({ parts, sha256: expected }: StateParts): Promise<string | undefined> {
  const text = parts.join('');
  if (sha256(text) !== expected) return undefined;
  const bytes = await expand(Buffer.from(text, 'base64'), { maxOutputLength: BYTES_MAX });
  return bytes.toString('utf8');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
