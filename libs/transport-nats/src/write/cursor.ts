import { Buffer } from 'node:buffer';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { TransportNatsError } from '../errors.ts';
import { parseTaken, type TakenPositions } from '../partition/taken.ts';

/** What is confirmed of a partition. Whoever replaces it, expecting the revision that he read, has committed. */
export interface Cursor {
  /** Grows with every writer that takes the partition over. */
  readonly generation: number;
  /** The life of the writer that took it over last. */
  readonly owner: string;
  /** Number of the last commit; grows for good. */
  readonly commit: number;
  /** Where to read the stream on. Only a hint: what was taken is up to `nodes`. */
  readonly sequence: number;
  /** Batches given to sinks so far: positions in the stores. */
  readonly stored: number;
  /** What was taken of every node's journals. */
  readonly nodes: TakenPositions;
  /** By store: its last confirmed commit, as {@link commitName} has it. */
  readonly stores: Readonly<Record<string, string>>;
  /** Of the merge; undefined before its first commit. */
  readonly state: string | undefined;
}

export const FIRST_CURSOR: Cursor = {
  generation: 0, owner: '', commit: 0, sequence: 0, stored: 0, nodes: {}, stores: {}, state: undefined,
}; // prettier-ignore

/** Stores that a partition remembers: one for each writer that ever had it. */
export const STORES_MAX = 256;
/** A merge state larger than this is none that was written here. */
const STATE_BYTES_MAX = 64 * 2 ** 20;
const VERSION = 1;
const LENGTH_BYTES = 4;

export function commitName(generation: number, commit: number): string {
  return `${generation}.${commit}`;
}

export function generationOf(name: string): number {
  return Number(name.slice(0, name.indexOf('.')));
}

/** Length u32 and JSON of everything but the state, then the state as deflated UTF-8. */
export function encodeCursor({ state, ...rest }: Cursor): Buffer {
  const head = Buffer.from(JSON.stringify({ version: VERSION, ...rest }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const tail = state === undefined ? [] : [deflateRawSync(Buffer.from(state), { level: 1 })];
  return Buffer.concat([length, head, ...tail]);
}

/** Throws CURSOR_MALFORMED. */
export function decodeCursor(key: string, value: Uint8Array): Cursor {
  try {
    return decode(Buffer.from(value.buffer, value.byteOffset, value.length));
  } catch (cause) {
    throw new TransportNatsError('CURSOR_MALFORMED', key, `of ${value.length} bytes: ${String(cause)}`, {
      cause,
    });
  }
}

function decode(bytes: Buffer): Cursor {
  const end = LENGTH_BYTES + bytes.readUInt32LE(0);
  if (end > bytes.length) throw new TypeError('the head leaves the value');
  const head = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Record<string, unknown>;
  const { version, nodes: taken, ...rest } = head;
  const { generation, owner, commit, sequence, stored, stores } = rest;
  if (version !== VERSION) throw new TypeError(`expected version ${VERSION}, was ${String(version)}`);
  const nodes = parseTaken(taken);
  const areWhole = [generation, commit, sequence, stored].every((value) => Number.isSafeInteger(value));
  if (!areWhole || typeof owner !== 'string' || nodes === undefined || !isStores(stores))
    throw new TypeError('a field is not what it should be');
  const deflated = bytes.subarray(end);
  const state =
    deflated.length === 0
      ? undefined
      : inflateRawSync(deflated, { maxOutputLength: STATE_BYTES_MAX }).toString('utf8');
  return { ...(rest as unknown as Cursor), nodes, stores, state };
}

function isStores(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((name) => typeof name === 'string')
  );
}
