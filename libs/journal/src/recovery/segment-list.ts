import { Buffer } from 'node:buffer';
import path from 'node:path';
import type { FileSystem } from '../file-system.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, startPositionOf } from '../format/segment-header.ts';
import type { SegmentHeader } from '../format/segment-header.ts';

/** A segment file as it was found, before anything in it is believed. */
export interface FoundSegment {
  readonly path: string;
  readonly startPosition: number;
  readonly fileBytes: number;
  readonly header: SegmentHeader | undefined;
}

/** All segment files of the folder in the order of their positions. */
export async function findSegments(
  fileSystem: FileSystem,
  dir: string,
  names: readonly string[],
): Promise<FoundSegment[]> {
  const found: FoundSegment[] = [];
  for (const name of names) {
    const startPosition = startPositionOf(name);
    if (startPosition !== undefined)
      found.push(await inspect(fileSystem, path.join(dir, name), startPosition));
  }
  return found.sort((a, b) => a.startPosition - b.startPosition);
}

async function inspect(fileSystem: FileSystem, file: string, startPosition: number): Promise<FoundSegment> {
  const opened = await fileSystem.open(file, 'read');
  try {
    const fileBytes = await opened.size();
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const count = await opened.read(bytes, 0);
    return { path: file, startPosition, fileBytes, header: decodeSegmentHeader(bytes.subarray(0, count)) };
  } finally {
    await opened.close();
  }
}

/** The journal that the newest readable segment belongs to; segments of another one are foreign. */
export function journalIdOf(found: readonly FoundSegment[]): Buffer | undefined {
  return found.findLast(({ header }) => header !== undefined)?.header?.journalId;
}
