import { join } from 'node:path';
import { StorageCsvError, writeError } from '../errors.ts';
import { formatFileName, isClosed } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { planRecovery } from './recovery.ts';
import { Segment } from './segment.ts';
import { storedPath, type RowsPlace } from './stored-file.ts';

/** Files of one period that are tried until one can be continued. */
const PARTS_MAX = 100;

export interface SegmentSearch {
  readonly fileSystem: FileSystem;
  readonly outputDir: string;
  /** Where the search begins. */
  readonly firstPart: number;
  /** Files that must not be continued, by path below the output folder. */
  readonly isRefused: (path: string) => boolean;
}

/**
 * The files where rows of these places go; none is created or altered. A file is passed by, and the next part takes
 * the rows, when it is refused, has another header, ends in an unfinished line or is closed already.
 */
export async function findSegments(
  search: SegmentSearch,
  places: readonly RowsPlace[],
): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  const namesOf = new Map<string, ReadonlySet<string>>();
  for (const place of places) {
    const folder = join(search.outputDir, place.folder);
    try {
      const names = namesOf.get(folder) ?? (await namesIn(search.fileSystem, folder));
      namesOf.set(folder, names);
      segments.push(await findSegment(search, place, names));
    } catch (error) {
      throw writeError(folder, error);
    }
  }
  return segments;
}

async function namesIn(fileSystem: FileSystem, folder: string): Promise<ReadonlySet<string>> {
  await fileSystem.makeFolder(folder);
  return new Set((await fileSystem.list(folder)).map(({ name }) => name));
}

async function findSegment(
  search: SegmentSearch,
  place: RowsPlace,
  names: ReadonlySet<string>,
): Promise<Segment> {
  for (let part = search.firstPart; part < search.firstPart + PARTS_MAX; part++) {
    const file = { ...place, part };
    const name = formatFileName(place.kind, place.period, part);
    if (search.isRefused(storedPath(file)) || isClosed(name, names)) continue;
    const length = names.has(name) ? await lengthToContinue(search, storedPath(file), place) : 0;
    if (length !== undefined) return new Segment(search.outputDir, file, { length, sum: undefined });
  }
  throw new StorageCsvError(
    'SEGMENT_CORRUPT',
    join(search.outputDir, storedPath({ ...place, part: search.firstPart })),
    `expected at most ${PARTS_MAX} parts that cannot be continued`,
  );
}

/** Undefined for a file that is not ours, or that would have to be cut: nobody knows whose bytes those are. */
async function lengthToContinue(
  { fileSystem, outputDir }: SegmentSearch,
  path: string,
  place: RowsPlace,
): Promise<number | undefined> {
  const file = await fileSystem.open(join(outputDir, path));
  try {
    const plan = await planRecovery(file, fileHeader(place.kind)!);
    return plan.action === 'continue' ? plan.length : undefined;
  } finally {
    await file.close();
  }
}
