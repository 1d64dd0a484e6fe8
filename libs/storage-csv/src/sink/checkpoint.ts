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
  /** CRC-32 of their content up to there, where it is known. */
  readonly sums: ReadonlyMap<string, number>;
  /** Files that get no rows any more and are not packed yet, by path below the output folder. */
  readonly closed: ReadonlySet<string>;
}

const VERSION = 1;
const UINT32_MAX = 0xffffffff;
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
export function formatCheckpoint({ owner, position, state, files, sums, closed }: Checkpoint): Buffer {
  const closedList = closed.size === 0 ? undefined : [...closed];
  const body = JSON.stringify({
    owner,
    position,
    state,
    files: Object.fromEntries(Array.from(files, ([path, length]) => [path, endOf(length, sums.get(path))])),
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
  const entries = Object.entries(files as Record<string, unknown>).map(
    ([path, end]) => [path, ...partsOf(end)] as const,
  );
  const areFiles = entries.every(
    ([path, length, sum]) =>
      parseStoredPath(path) !== undefined && isLength(length) && (sum === undefined || isSum(sum)),
  );
  if (!areFiles || !isPathList(closed)) return undefined;
  return {
    position,
    state,
    owner,
    files: new Map(entries.map(([path, length]) => [path, length as number])),
    sums: new Map(
      entries.flatMap(([path, , sum]) => (sum === undefined ? [] : [[path, sum as number] as const])),
    ),
    closed: new Set(closed),
  };
}

/** `[length, sum]`, or the length alone where the sum is not known. */
function endOf(length: number, sum: number | undefined): number | readonly [number, number] {
  return sum === undefined ? length : [length, sum];
}

function partsOf(end: unknown): readonly [unknown, unknown] {
  return Array.isArray(end) ? [end[0], end[1]] : [end, undefined];
}

function isSum(value: unknown): value is number {
  return isLength(value) && value <= UINT32_MAX;
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
