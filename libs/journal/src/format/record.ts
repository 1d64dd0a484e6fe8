import { Buffer } from 'node:buffer';
import { crc32 } from './crc32.ts';
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts';

/*
 * A record, little-endian, padded with zeros to a multiple of 8 bytes:
 *
 *    0  crc-32 of the segment's salt and of everything below, padding included
 *    4  length of the body
 *    8  position of the record's first byte
 *   16  position at which its group begins: what one write and one sync made durable together
 *   24  kind; 7 zero bytes
 *   32  body
 *
 * The own position makes a record recognisable behind damage without guessing. The group's position proves what was
 * synced: a group is written only after the one before it is on the device, so everything before it had been there.
 */
export const RECORD_HEADER_BYTES = 32;
export const ALIGNMENT = 8;
export const LANE_BYTES_MAX = 256;
const BATCH_HEAD_BYTES = RECORD_HEADER_BYTES + 18;

export type RecordKind = 'batch' | 'lanes';
const KINDS: readonly (RecordKind | undefined)[] = [undefined, 'batch', 'lanes'];
const PADDING = Buffer.alloc(ALIGNMENT);

export interface JournalRecord {
  readonly kind: RecordKind;
  readonly groupPosition: number;
  readonly body: Buffer;
  /** With header and padding. */
  readonly recordBytes: number;
}

export interface Batch {
  /** Names the producer, 1 to 256 bytes of UTF-8. */
  readonly lane: string;
  /** One life of the producer; a later life has a greater number. A safe integer from 0. */
  readonly epoch: number;
  /** Grows by one from batch to batch of an epoch, from 1. */
  readonly seq: number;
  readonly payload: Buffer;
}

export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

export function batchRecordBytes(laneBytes: number, payloadBytes: number): number {
  return align(BATCH_HEAD_BYTES + laneBytes + payloadBytes);
}

/** Where a record stands. */
export interface RecordPlace {
  /** CRC-32 of the segment's salt. */
  readonly saltCrc: number;
  readonly position: number;
  readonly groupPosition: number;
}

/** The record as buffers to write one after the other; the payload is not copied. */
export function encodeBatch(batch: Batch, place: RecordPlace): Buffer[] {
  const laneBytes = Buffer.byteLength(batch.lane);
  const head = Buffer.alloc(BATCH_HEAD_BYTES + laneBytes);
  writeSafeInteger(head, batch.epoch, RECORD_HEADER_BYTES);
  writeSafeInteger(head, batch.seq, RECORD_HEADER_BYTES + 8);
  head.writeUInt16LE(laneBytes, RECORD_HEADER_BYTES + 16);
  head.write(batch.lane, BATCH_HEAD_BYTES);
  return finish(head, batch.payload, 'batch', place);
}

export function encodeLanes(body: Buffer, place: RecordPlace): Buffer[] {
  return finish(Buffer.alloc(RECORD_HEADER_BYTES), body, 'lanes', place);
}

function finish(head: Buffer, rest: Buffer, kind: RecordKind, place: RecordPlace): Buffer[] {
  const contentBytes = head.length + rest.length;
  const padding = PADDING.subarray(0, align(contentBytes) - contentBytes);
  head.writeUInt32LE(contentBytes - RECORD_HEADER_BYTES, 4);
  writeSafeInteger(head, place.position, 8);
  writeSafeInteger(head, place.groupPosition, 16);
  head.writeUInt8(KINDS.indexOf(kind), 24);
  const crc = crc32(padding, crc32(rest, crc32(head.subarray(4), place.saltCrc)));
  head.writeUInt32LE(crc, 0);
  return [head, rest, padding].filter((part) => part.length > 0);
}

/** The length with header and padding that these bytes claim, if they stand where they say; undefined otherwise. */
export function claimedBytes(head: Buffer, position: number): number | undefined {
  const length = head.readUInt32LE(4);
  if (length === 0 || readSafeInteger(head, 8) !== position) return undefined;
  return align(RECORD_HEADER_BYTES + length);
}

/** The record that `bytes` (as many as it claims) are; undefined when they are not one. The body shares their memory. */
export function decodeRecord(bytes: Buffer, saltCrc: number): JournalRecord | undefined {
  if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(4), saltCrc)) return undefined;
  const kind = KINDS[bytes.readUInt8(24)];
  if (kind === undefined) return undefined;
  const body = bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + bytes.readUInt32LE(4));
  return { kind, groupPosition: readSafeInteger(bytes, 16), body, recordBytes: bytes.length };
}

/** The batch of a record of that kind; shares its memory. */
export function decodeBatch(body: Buffer): Batch {
  const laneEnd = 18 + body.readUInt16LE(16);
  return {
    lane: body.toString('utf8', 18, laneEnd),
    epoch: readSafeInteger(body, 0),
    seq: readSafeInteger(body, 8),
    payload: body.subarray(laneEnd),
  };
}
