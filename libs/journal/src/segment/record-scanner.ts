import { Buffer } from 'node:buffer';
import type { JournalFile } from '../file-system.ts';
import { ALIGNMENT, claimedBytes, decodeRecord, RECORD_HEADER_BYTES } from '../format/record.ts';
import type { JournalRecord } from '../format/record.ts';
import { offsetOf } from './segment.ts';
import type { SegmentPlace } from './segment.ts';

const WINDOW_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** Reads the records of one file. What it returns stays valid: no buffer is used twice. */
export class RecordScanner {
  readonly #file: JournalFile;
  readonly #place: SegmentPlace;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  constructor(file: JournalFile, place: SegmentPlace) {
    this.#file = file;
    this.#place = place;
  }

  /** The record that begins at `position` and ends at `limit` or before it; undefined when there is none. */
  async recordAt(position: number, limit: number): Promise<JournalRecord | undefined> {
    const room = limit - position;
    if (room < RECORD_HEADER_BYTES) return undefined;
    const head = await this.#bytes(position, RECORD_HEADER_BYTES, limit);
    if (head === undefined) return undefined;
    const recordBytes = claimedBytes(head, position);
    if (recordBytes === undefined || recordBytes > room) return undefined;
    const bytes = await this.#bytes(position, recordBytes, limit);
    return bytes === undefined ? undefined : decodeRecord(bytes, this.#place.saltCrc);
  }

  /**
   * The first place behind `position` where a record begins. It is not guessed: 8 bytes say where they stand and a
   * checksum with the segment's salt agrees.
   */
  async nextRecordPosition(position: number, limit: number): Promise<number | undefined> {
    for (let from = position + ALIGNMENT; from + RECORD_HEADER_BYTES <= limit; from += BLOCK_BYTES) {
      const block = await this.#block(from, limit);
      if (block.length === 0) return undefined;
      if (isZero(block)) continue;
      for (let at = 0; at < block.length; at += ALIGNMENT) {
        // Cheap test of the lower half of the position, which is 8 bytes into the record.
        const low = at + 12 <= block.length ? block.readUInt32LE(at + 8) : undefined;
        if (low !== undefined && low !== (from + at) % 0x1_0000_0000) continue;
        if ((await this.recordAt(from + at, limit)) !== undefined) return from + at;
      }
    }
    return undefined;
  }

  /** How many bytes from `position` on are anything but trailing zeros. */
  async writtenBytes(position: number, limit: number): Promise<number> {
    let written = 0;
    for (let from = position; from < limit; from += BLOCK_BYTES) {
      const block = await this.#block(from, limit);
      if (block.length === 0) break;
      if (isZero(block)) continue;
      let last = block.length - 1;
      while (block[last] === 0) last--;
      written = from + last + 1 - position;
    }
    return written;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #block(position: number, limit: number): Promise<Buffer> {
    const wanted = Math.min(BLOCK_BYTES, limit - position);
    return (await this.#bytes(position, wanted, limit)) ?? (await this.#read(position, wanted));
  }

  async #bytes(position: number, length: number, limit: number): Promise<Buffer | undefined> {
    const offset = offsetOf(this.#place.startPosition, position);
    const windowEnd = this.#windowOffset + this.#window.length;
    if (offset < this.#windowOffset || offset + length > windowEnd) {
      this.#window = await this.#read(position, Math.min(Math.max(WINDOW_BYTES, length), limit - position));
      this.#windowOffset = offset;
      if (this.#window.length < length) return undefined;
    }
    const at = offset - this.#windowOffset;
    return this.#window.subarray(at, at + length);
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const into = Buffer.allocUnsafeSlow(length);
    const offset = offsetOf(this.#place.startPosition, position);
    let filled = 0;
    while (filled < length) {
      const count = await this.#file.read(into.subarray(filled), offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return into.subarray(0, filled);
  }
}

function isZero(block: Buffer): boolean {
  return block.equals(ZEROS.subarray(0, block.length));
}
