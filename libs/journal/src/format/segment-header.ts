import { Buffer } from 'node:buffer';
import { crc32 } from './crc32.ts';
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts';

/*
 * A segment file begins with 64 bytes, little-endian:
 *
 *    0  magic "JOURNAL\n"     24  segment number, from 1       48  salt, 8 random bytes
 *    8  crc-32 of the rest    32  start position               56  journal id, 8 random bytes
 *   12  version (1)           40  size of the whole file
 *   16  (zero)
 */
export const SEGMENT_HEADER_BYTES = 64;
export const VERSION = 1;
const MAGIC = Buffer.from('JOURNAL\n', 'latin1');
const CHECKED_FROM = 12;

export interface SegmentHeader {
  /** Grows by one from segment to segment, so that a missing one shows. */
  readonly number: number;
  /** Position of the first record, which is where the segment before it ends. */
  readonly startPosition: number;
  /** Size of the file, with this header; it is written in full before it is used. */
  readonly segmentBytes: number;
  /** Part of every record's checksum: bytes of another segment are never taken for records of this one. */
  readonly salt: Buffer;
  /** The same in all segments of a journal. */
  readonly journalId: Buffer;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 12);
  writeSafeInteger(bytes, header.number, 24);
  writeSafeInteger(bytes, header.startPosition, 32);
  writeSafeInteger(bytes, header.segmentBytes, 40);
  header.salt.copy(bytes, 48, 0, 8);
  header.journalId.copy(bytes, 56, 0, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKED_FROM)), 8);
  return bytes;
}

/** Undefined when these bytes are no header of this version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(8) !== crc32(bytes.subarray(CHECKED_FROM, SEGMENT_HEADER_BYTES))) return undefined;
  if (bytes.readUInt32LE(12) !== VERSION) return undefined;
  return {
    number: readSafeInteger(bytes, 24),
    startPosition: readSafeInteger(bytes, 32),
    segmentBytes: readSafeInteger(bytes, 40),
    salt: bytes.subarray(48, 56),
    journalId: bytes.subarray(56, 64),
  };
}

const NAME = /^(\d{20})\.journal$/;

export function segmentFileName(startPosition: number): string {
  return `${String(startPosition).padStart(20, '0')}.journal`;
}

/** The start position that a file name promises; undefined for other files. */
export function startPositionOf(fileName: string): number | undefined {
  const match = NAME.exec(fileName);
  const position = Number(match?.[1]);
  return Number.isSafeInteger(position) ? position : undefined;
}
