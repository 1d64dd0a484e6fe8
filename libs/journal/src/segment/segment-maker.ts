import type { Buffer } from 'node:buffer';
import path from 'node:path';
import type { FileSystem } from '../file-system.ts';
import { encodeLanes, RECORD_HEADER_BYTES, align } from '../format/record.ts';
import { encodeSegmentHeader, segmentFileName, SEGMENT_HEADER_BYTES } from '../format/segment-header.ts';
import type { SegmentHeader } from '../format/segment-header.ts';
import { isNoRoom, JournalError } from '../errors.ts';
import { saltCrc } from './segment.ts';
import type { SpareFile, SpareFiles } from './spare-files.ts';
import { SegmentWriter } from './segment-writer.ts';
import { writeFully } from './write-fully.ts';

const SMALL_SEGMENT_BYTES = 1024 * 1024;

export interface SegmentOrder {
  readonly number: number;
  readonly startPosition: number;
  /** Body of the record with the lanes that is the segment's first. */
  readonly lanes: Buffer;
  /** Room that must be left behind that. */
  readonly roomBytes: number;
}

export interface SegmentMakerOptions {
  readonly fileSystem: FileSystem;
  readonly dir: string;
  readonly segmentBytes: number;
  readonly journalId: Buffer;
  readonly random: (bytes: number) => Buffer;
  readonly spareFiles: SpareFiles;
}

/**
 * Makes segments. Content is on the device before the file has its name, and the name before the segment is used: a
 * crash at any moment leaves either no segment or a complete one.
 */
export class SegmentMaker {
  readonly #options: SegmentMakerOptions;
  #spare: SpareFile | undefined;
  #preparing: Promise<void> | undefined;

  constructor(options: SegmentMakerOptions) {
    this.#options = options;
  }

  get hasSpare(): boolean {
    return this.#spare !== undefined;
  }

  /** Makes the next file ahead, so that the change of segments costs no more than two small syncs. */
  prepareSpare(): Promise<void> {
    this.#preparing ??= this.#prepareSpare().finally(() => (this.#preparing = undefined));
    return this.#preparing;
  }

  async discardSpare(): Promise<void> {
    await this.#preparing?.catch(() => undefined);
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) await this.#options.spareFiles.discard(spare);
  }

  async make(order: SegmentOrder): Promise<SegmentWriter> {
    const { spareFiles } = this.#options;
    const needed = SEGMENT_HEADER_BYTES + align(RECORD_HEADER_BYTES + order.lanes.length) + order.roomBytes;
    await this.#preparing?.catch(() => undefined);
    let spare = this.#spare;
    if (spare !== undefined && spare.fileBytes >= needed) this.#spare = undefined;
    else spare = await this.#makeNow(needed);
    const header = this.#header(order, spare);
    const place = {
      saltCrc: saltCrc(header.salt),
      position: order.startPosition,
      groupPosition: order.startPosition,
    };
    const lanes = encodeLanes(order.lanes, place);
    const file = path.join(this.#options.dir, segmentFileName(order.startPosition));
    try {
      await writeFully(spare.file, [encodeSegmentHeader(header), ...lanes], 0);
      await spare.file.fdatasync();
      await this.#options.fileSystem.rename(spare.path, file);
    } catch (cause) {
      await spareFiles.discard(spare);
      throw cause;
    }
    await this.#syncName(file, spare);
    const { startPosition } = order;
    const segment = {
      path: file,
      startPosition,
      endPosition: startPosition,
      fileBytes: spare.fileBytes,
      header,
    };
    const writer = new SegmentWriter(segment, header, spare.file);
    writer.advance(lanes.reduce((sum, part) => sum + part.length, 0));
    return writer;
  }

  async #prepareSpare(): Promise<void> {
    this.#spare = await this.#options.spareFiles.makeSpare(this.#options.segmentBytes);
  }

  /** On a disk that is almost full a small segment may still find room. */
  async #makeNow(neededBytes: number): Promise<SpareFile> {
    const { spareFiles, segmentBytes } = this.#options;
    try {
      return await spareFiles.makeSpare(Math.max(segmentBytes, neededBytes));
    } catch (cause) {
      if (!isNoRoom(cause)) throw cause;
      return spareFiles.makeSpare(Math.max(Math.min(segmentBytes, SMALL_SEGMENT_BYTES), neededBytes));
    }
  }

  #header({ number, startPosition }: SegmentOrder, spare: SpareFile): SegmentHeader {
    const { random, journalId } = this.#options;
    return { number, startPosition, segmentBytes: spare.fileBytes, salt: random(8), journalId };
  }

  /** The file has its name now, whether the device knows or not: from here on a failure is final. */
  async #syncName(file: string, spare: SpareFile): Promise<void> {
    try {
      await this.#options.fileSystem.syncDirectory(this.#options.dir);
    } catch (cause) {
      await spare.file.close().catch(() => undefined);
      throw new JournalError('JOURNAL_SYNC_FAILED', `folder of segment ${file} was not synced`, {
        path: file,
        cause,
      });
    }
  }
}
