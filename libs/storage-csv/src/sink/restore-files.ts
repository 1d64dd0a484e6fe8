import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import type { SinkRepair } from '@org/storage';
import type { FileSystem, OpenFile } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';
import type { Checkpoint } from './checkpoint.ts';
import { inGroups } from './in-groups.ts';
import { readAt } from './read-at.ts';
import { Segment } from './segment.ts';
import { parseStoredPath, type StoredFile } from './stored-file.ts';

const LF = 0x0a;

export interface RestoredFiles {
  /** The files that can be continued, in the order of their paths. */
  readonly segments: readonly Segment[];
  readonly repairs: readonly SinkRepair[];
}

/** Cuts every file of a checkpoint to its length there. What is damaged is reported and left alone. */
export async function restoreFiles(
  fileSystem: FileSystem,
  outputDir: string,
  { files, sums }: Pick<Checkpoint, 'files' | 'sums'>,
): Promise<RestoredFiles> {
  const segments: Segment[] = [];
  const repairs: SinkRepair[] = [];
  const present = await pathsOf(fileSystem, outputDir, files.keys());
  const paths = [...files.keys()].sort();
  await inGroups(paths, async (path) => {
    const place = parseStoredPath(path)!;
    const length = files.get(path)!;
    const isPresent = present.has(path);
    const size = isPresent ? await restoreFile(fileSystem, join(outputDir, path), place, length) : 0;
    const repair = repairOf(length, size, isPresent);
    if (repair !== undefined) repairs.push({ target: join(outputDir, path), ...repair });
    if (size === 'foreign' || size < length) return;
    const segment = new Segment(outputDir, place, { length, sum: sums.get(path) });
    segment.isNamed = length > 0;
    segments.push(segment);
  });
  return { segments, repairs: repairs.sort((a, b) => (a.target < b.target ? -1 : 1)) };
}

/** Opening creates what is absent, so the names are looked at first. */
async function pathsOf(
  fileSystem: FileSystem,
  outputDir: string,
  paths: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const wanted = new Set(Array.from(paths, (path) => parseStoredPath(path)!.folder));
  const entries = await fileSystem.list(outputDir);
  const present = new Set(entries.filter(({ isFolder }) => !isFolder).map(({ name }) => name));
  const folders = entries.filter(({ name, isFolder }) => isFolder && wanted.has(name));
  await inGroups(folders, async ({ name: folder }) => {
    for (const { name } of await fileSystem.list(join(outputDir, folder))) present.add(`${folder}/${name}`);
  });
  return present;
}

/** Returns how long the file was; `foreign` when what should stay is not rows of ours. */
async function restoreFile(
  fileSystem: FileSystem,
  path: string,
  place: StoredFile,
  length: number,
): Promise<number | 'foreign'> {
  const file = await fileSystem.open(path);
  try {
    const size = await file.size();
    if (size < length) return size;
    if (!(await holdsRows(file, fileHeader(place.kind)!, length))) return 'foreign';
    if (size > length) {
      await file.truncate(length);
      await file.sync();
    }
    return size;
  } finally {
    await file.close();
  }
}

/** Whether the file has its header, and a line ends at the length. */
async function holdsRows(file: OpenFile, header: string, length: number): Promise<boolean> {
  if (length === 0) return true;
  const expected = header === '' ? '' : `${header}\n`;
  const head = await readAt(file, 0, Math.min(Buffer.byteLength(expected), length));
  const [last] = await readAt(file, length - 1, 1);
  return head.toString('utf8') === expected && last === LF;
}

function repairOf(
  length: number,
  size: number | 'foreign',
  isPresent: boolean,
): Omit<SinkRepair, 'target'> | undefined {
  if (size === length) return undefined;
  if (size !== 'foreign' && size > length) {
    return { problem: 'holds rows behind the last commit', bytesCut: size - length };
  }
  const expected = size === 'foreign' ? `a header and ${length} bytes of whole lines` : `${length} bytes`;
  const was = size === 'foreign' ? 'something else' : isPresent ? size : 'absent';
  const problem = `expected ${expected}, was ${was}; left as it is, new rows go to another part`;
  return { problem, bytesCut: 0 };
}
