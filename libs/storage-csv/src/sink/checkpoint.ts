import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { parseStoredPath } from './stored-file.ts';

/** What a store says about itself: what came before `position` is in it, and nothing else once it is opened. */
export interface Checkpoint {
  readonly position: number;
  /** The caller's text that belongs to the position. */
  readonly state: string | undefined;
  /** Drawn by the sink that wrote it. */
  readonly owner: string;
  /** Files that rows may have been appended to since, by path below the output folder, with their lengths in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** Files that get no rows any more and are not packed yet, by path below the output folder. */
  readonly closed: ReadonlySet<string>;
}

const VERSION = 1;
/** Checksum and owner come first, so that who owns a store can be read without its state. */
const HEAD = /^\{"version":1,"sha256":"(?<sum>[0-9a-f]{64})","owner":"(?<owner>[\w-]{1,64})"/;
/** Enough for every head. */
export const CHECKPOINT_HEAD_BYTES = 256;

/** Which of all checkpoints this is, and whose. */
export interface CheckpointHead {
  readonly sum: string;
  readonly owner: string;
}

const OWNER = /^[\w-]{1,64}$/;

export function isOwner(text: string): boolean {
  return OWNER.test(text);
}

/** One line of JSON. `closed` is left out while there is none, as in checkpoints from before there was any. The checksum is that of the same object without `version` and `sha256`. */
export function formatCheckpoint({ owner, position, state, files, closed }: Checkpoint): Buffer {
  const closedList = closed.size === 0 ? undefined : [...closed];
  const body = JSON.stringify({
    owner,
    position,
    state,
    files: Object.fromEntries(files),
    closed: closedList,
  });
  return Buffer.from(`${prefixOf(checksum(body))}${body.slice(1)}\n`);
}

/** Undefined when the bytes are not a whole and unaltered checkpoint of this version. */
export function parseCheckpoint(bytes: Buffer): Checkpoint | undefined {
  const head = parseCheckpointHead(bytes);
  if (head === undefined) return undefined;
  const text = bytes.toString('utf8', prefixOf(head.sum).length);
  const body = `{${text.slice(0, -1)}`;
  return text.endsWith('\n') && checksum(body) === head.sum ? parseBody(body) : undefined;
}

export function parseCheckpointHead(bytes: Buffer): CheckpointHead | undefined {
  const parts = HEAD.exec(bytes.toString('latin1', 0, CHECKPOINT_HEAD_BYTES))?.groups;
  return parts === undefined ? undefined : { sum: parts['sum']!, owner: parts['owner']! };
}

function prefixOf(sum: string): string {
  return `{"version":${VERSION},"sha256":"${sum}",`;
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The checksum proves that a sink wrote it; the checks keep a file made by hand from reaching outside the store. */
function parseBody(body: string): Checkpoint | undefined {
  const { owner, position, state, files, closed = [] } = JSON.parse(body) as Record<string, unknown>;
  if (!isLength(position) || typeof owner !== 'string') return undefined;
  if (state !== undefined && typeof state !== 'string') return undefined;
  if (typeof files !== 'object' || files === null) return undefined;
  const entries = Object.entries(files as Record<string, unknown>);
  const areFiles = entries.every(([path, length]) => parseStoredPath(path) !== undefined && isLength(length));
  if (!areFiles || !isPathList(closed)) return undefined;
  return {
    position,
    state,
    owner,
    files: new Map(entries as [string, number][]),
    closed: new Set(closed),
  };
}

function isPathList(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((path) => typeof path === 'string' && parseStoredPath(path) !== undefined)
  );
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
