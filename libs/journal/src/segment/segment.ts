import type { Buffer } from 'node:buffer';
import { crc32 } from '../format/crc32.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { SegmentHeader } from '../format/segment-header.ts';

/** A segment file as the journal knows it. */
export interface Segment {
  readonly path: string;
  readonly startPosition: number;
  /** Position behind the last record; where the next segment starts. */
  endPosition: number;
  readonly fileBytes: number;
  /** Undefined when the header cannot be read: then nothing in the file can. */
  readonly header: SegmentHeader | undefined;
}

/** Turns positions of one segment into offsets in its file. */
export interface SegmentPlace {
  readonly startPosition: number;
  readonly saltCrc: number;
}

export function placeOf(header: SegmentHeader): SegmentPlace {
  return { startPosition: header.startPosition, saltCrc: saltCrc(header.salt) };
}

export function saltCrc(salt: Buffer): number {
  return crc32(salt);
}

export function offsetOf(startPosition: number, position: number): number {
  return SEGMENT_HEADER_BYTES + position - startPosition;
}

export function positionAt(startPosition: number, offset: number): number {
  return startPosition + offset - SEGMENT_HEADER_BYTES;
}

export type DamageProblem =
  /** Bytes that were synced are no records any more. */
  | 'RECORD_UNREADABLE'
  /** The file's header is missing or wrong: nothing in it can be told from garbage. */
  | 'HEADER_UNREADABLE'
  /** The header is of another journal, or of another place in this one. */
  | 'SEGMENT_FOREIGN'
  /** The file is shorter than it was made. */
  | 'SEGMENT_SHORT'
  /** A segment before this file is not there. */
  | 'SEGMENT_MISSING'
  /** The journal ends before a position that somebody has seen. */
  | 'END_MISSING';

/** Something that was durable and cannot be read. The file stays as it is. */
export interface JournalDamage {
  readonly problem: DamageProblem;
  readonly file: string;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Batches with positions in `fromPosition < position <= toPosition` may be lost, no others. */
  readonly fromPosition: number;
  readonly toPosition: number;
}
