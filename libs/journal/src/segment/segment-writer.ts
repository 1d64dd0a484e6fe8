import type { Buffer } from 'node:buffer';
import type { JournalFile } from '../file-system.ts';
import type { SegmentHeader } from '../format/segment-header.ts';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import { offsetOf, saltCrc } from './segment.ts';
import type { Segment } from './segment.ts';
import { writeFully, writeZeros } from './write-fully.ts';

/** The segment that is written to. */
export class SegmentWriter {
  readonly segment: Segment;
  readonly saltCrc: number;
  readonly #file: JournalFile;
  readonly #limit: number;

  constructor(segment: Segment, header: SegmentHeader, file: JournalFile) {
    this.segment = segment;
    this.saltCrc = saltCrc(header.salt);
    this.#file = file;
    this.#limit = header.startPosition + header.segmentBytes - SEGMENT_HEADER_BYTES;
  }

  /** Bytes behind the last durable record. */
  get room(): number {
    return this.#limit - this.segment.endPosition;
  }

  write(buffers: readonly Buffer[]): Promise<void> {
    return writeFully(this.#file, buffers, this.#endOffset());
  }

  /** Takes back what a failed write may have left, so that it is never found and taken for records. */
  undo(bytes: number): Promise<void> {
    return writeZeros(this.#file, this.#endOffset(), bytes);
  }

  sync(): Promise<void> {
    return this.#file.fdatasync();
  }

  advance(bytes: number): void {
    this.segment.endPosition += bytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #endOffset(): number {
    return offsetOf(this.segment.startPosition, this.segment.endPosition);
  }
}
