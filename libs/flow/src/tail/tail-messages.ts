import { Buffer } from 'node:buffer';
import { BODY, checkVersion, corrupt, frame, NUMBER_BYTES, readNumber, VERSION } from '../wire/messages.ts';
import type { TailEntry } from './tail-entry.ts';

/*
 * The frames of a tail, beside the close of all connections (wire/messages.ts).
 *
 * follow    =  8 · version u8 · is from u8 · from f64 · name UTF-8             reader → publisher, first
 * start     =  9 · version u8 · from f64                                       the answer: entries behind this position
 * entry     = 10 · after damage u8 · position f64 · epoch f64 · bytes of the lane u16 · lane UTF-8 · payload
 * taken     = 11 · bytes f64 · position f64                                    reader: room for so many bytes of bodies
 * committed = 12 · position f64                                                reader: does not come back before it
 * mark      = 13                                                               reader: where is the end now?
 * marked    = 14 · position f64                                                the answer
 */
export const TAIL_FRAME = {
  follow: 8,
  start: 9,
  entry: 10,
  taken: 11,
  committed: 12,
  mark: 13,
  marked: 14,
} as const;

const NAME_BYTES_MAX = 256;
const LANE_AT = 1 + 2 * NUMBER_BYTES;
const ENTRY_HEAD_BYTES = LANE_AT + 2;

/** What the body of an entry has beside its payload, at most: lanes have at most 64 KiB. */
export const ENTRY_OVERHEAD_BYTES_MAX = ENTRY_HEAD_BYTES + 0xffff;

/** What a reader asks for. */
export interface TailRequest {
  readonly name: string;
  /** Entries behind this position; undefined for those that come from now on. */
  readonly from: number | undefined;
}

export function encodeFollow({ name, from }: TailRequest): Buffer {
  const bytes = frame(TAIL_FRAME.follow, 2 + NUMBER_BYTES + Buffer.byteLength(name));
  bytes[BODY] = VERSION;
  bytes[BODY + 1] = from === undefined ? 0 : 1;
  bytes.writeDoubleLE(from ?? 0, BODY + 2);
  bytes.write(name, BODY + 2 + NUMBER_BYTES);
  return bytes;
}

export function encodeStart(from: number): Buffer {
  const bytes = frame(TAIL_FRAME.start, 1 + NUMBER_BYTES);
  bytes[BODY] = VERSION;
  bytes.writeDoubleLE(from, BODY + 1);
  return bytes;
}

/** What precedes the payload of an entry on the wire. */
export function encodeEntryHead(entry: TailEntry): Buffer {
  const laneBytes = Buffer.byteLength(entry.lane);
  const bytes = frame(TAIL_FRAME.entry, ENTRY_HEAD_BYTES + laneBytes, entry.payload.length);
  bytes[BODY] = entry.afterDamage === true ? 1 : 0;
  bytes.writeDoubleLE(entry.position, BODY + 1);
  bytes.writeDoubleLE(entry.epoch, BODY + 1 + NUMBER_BYTES);
  bytes.writeUInt16LE(laneBytes, BODY + LANE_AT);
  bytes.write(entry.lane, BODY + ENTRY_HEAD_BYTES);
  return bytes;
}

/** Bytes of the body of an entry, as credit counts them. */
export function entryBytes(head: Buffer, payloadBytes: number): number {
  return head.length - BODY + payloadBytes;
}

export function encodeTaken(bytesTaken: number, position: number): Buffer {
  const bytes = frame(TAIL_FRAME.taken, 2 * NUMBER_BYTES);
  bytes.writeDoubleLE(bytesTaken, BODY);
  bytes.writeDoubleLE(position, BODY + NUMBER_BYTES);
  return bytes;
}

export function encodeCommitted(position: number): Buffer {
  return numberFrame(TAIL_FRAME.committed, position);
}

export function encodeMark(): Buffer {
  return frame(TAIL_FRAME.mark, 0);
}

export function encodeMarked(position: number): Buffer {
  return numberFrame(TAIL_FRAME.marked, position);
}

/** The decoders take the body, what follows the type. They throw FRAME_CORRUPT and VERSION_MISMATCH. */
export function decodeFollow(body: Buffer): TailRequest {
  checkVersion(body);
  const from = readNumber(body, 2);
  const nameBytes = body.length - 2 - NUMBER_BYTES;
  if (nameBytes < 1 || nameBytes > NAME_BYTES_MAX)
    throw corrupt(`name of ${nameBytes} bytes`, `1 to ${NAME_BYTES_MAX}`);
  return { name: body.toString('utf8', 2 + NUMBER_BYTES), from: body[1] === 0 ? undefined : from };
}

export function decodeStart(body: Buffer): number {
  checkVersion(body);
  return readNumber(body, 1);
}

export function decodeEntry(body: Buffer): TailEntry {
  const position = readNumber(body, 1);
  const epoch = readNumber(body, 1 + NUMBER_BYTES);
  if (body.length < ENTRY_HEAD_BYTES)
    throw corrupt(`entry of ${body.length} bytes`, `at least ${ENTRY_HEAD_BYTES}`);
  const laneEnd = ENTRY_HEAD_BYTES + body.readUInt16LE(LANE_AT);
  if (body.length < laneEnd) throw corrupt(`entry of ${body.length} bytes`, `at least ${laneEnd}`);
  return {
    lane: body.toString('utf8', ENTRY_HEAD_BYTES, laneEnd),
    epoch,
    position,
    payload: body.subarray(laneEnd),
    ...(body[0] === 0 ? {} : { afterDamage: true as const }),
  };
}

export function decodeTaken(body: Buffer): { readonly bytes: number; readonly position: number } {
  return { bytes: readNumber(body, 0), position: readNumber(body, NUMBER_BYTES) };
}

/** Of `committed` and `marked`. */
export function decodePosition(body: Buffer): number {
  return readNumber(body, 0);
}

/** Throws a RangeError unless the name can be said in a follow. */
export function checkTailName(name: string): void {
  const nameBytes = Buffer.byteLength(name);
  if (nameBytes < 1 || nameBytes > NAME_BYTES_MAX)
    throw new RangeError(`name of ${nameBytes} bytes, expected 1 to ${NAME_BYTES_MAX}`);
}

function numberFrame(type: number, value: number): Buffer {
  const bytes = frame(type, NUMBER_BYTES);
  bytes.writeDoubleLE(value, BODY);
  return bytes;
}
