import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { StorageCsvError } from '../errors.ts';
import { compareFileNames, parseFileName, type FileName } from '../file-names.ts';
import { parseCheckpoint } from '../sink/checkpoint.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { partitionFolders, symbolFolders } from './partition-folders.ts';

/** A file of rows, or of rejected records, of one symbol. */
export interface SymbolFile extends FileName {
  readonly path: string;
  readonly name: string;
}

/** What lies in the folder of a symbol. */
export interface SymbolFiles {
  readonly symbol: string;
  readonly folder: string;
  /** In the order of kind, then time. Of a file that is being closed, and lies there twice, the plain one. */
  readonly files: readonly SymbolFile[];
  /** `manifest_<date>.json`, in the order of time. */
  readonly manifests: readonly string[];
  /** `<name>.CHECKSUM`. */
  readonly checksums: readonly string[];
  /** Names of nothing that the recorder writes. */
  readonly strangers: readonly string[];
}

const MANIFEST = /^manifest_\d{4}-\d{2}-\d{2}.*\.json$/;
/** What is made of the files of a day: it says nothing that they do not say. */
const PARQUET = /^[a-z]+_\d{4}-\d{2}-\d{2}\.parquet$/;

/**
 * The symbols of a recording and their files; `dataDir` is an output folder, or the folder of one symbol. Throws
 * {@link StorageCsvError} `FILE_UNREADABLE`.
 */
export async function symbolFiles(dataDir: string): Promise<SymbolFiles[]> {
  const stats = await stat(dataDir).catch((cause: unknown) => {
    throw new StorageCsvError('FILE_UNREADABLE', dataDir, 'expected a folder', { cause });
  });
  if (!stats.isDirectory()) throw new StorageCsvError('FILE_UNREADABLE', dataDir, 'expected a folder');
  const folders = await symbolFolders(dataDir);
  if (isSymbol(basename(dataDir))) folders.push(dataDir);
  const found: SymbolFiles[] = [];
  for (const folder of folders.sort()) {
    const files = await filesIn(folder);
    if (files.files.length + files.manifests.length + files.checksums.length > 0) found.push(files);
  }
  return found;
}

async function filesIn(folder: string): Promise<SymbolFiles> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.tmp'))
    .map(({ name }) => name)
    .sort();
  const all = new Set(names);
  const files: SymbolFile[] = [];
  const strangers: string[] = [];
  for (const name of names) {
    const parts = parseFileName(name);
    if (parts !== undefined && fileHeader(parts.kind) !== undefined) {
      // The plain file goes away last; asked of one look at the folder, or it might count twice.
      const isDouble = parts.isCompressed && all.has(name.slice(0, -'.gz'.length));
      if (!isDouble) files.push({ ...parts, name, path: join(folder, name) });
    } else if (!MANIFEST.test(name) && !PARQUET.test(name) && !name.endsWith('.CHECKSUM'))
      strangers.push(name);
  }
  files.sort((a, b) => (a.kind === b.kind ? compareFileNames(a, b) : a.kind < b.kind ? -1 : 1));
  const manifests = names.filter((name) => MANIFEST.test(name));
  const checksums = names.filter((name) => name.endsWith('.CHECKSUM'));
  return { symbol: basename(folder), folder, files, manifests, checksums, strangers };
}

/** What the recorder's checkpoint says of a file that is not closed. */
export interface StoredEnd {
  /** The file is at least as long; it grows while the recorder works. */
  readonly bytes: number;
  /** CRC-32 of these bytes; undefined where it is not known. */
  readonly sum: number | undefined;
}

/**
 * What the recorder's checkpoint says of its open files, by `<SYMBOL>/<name>`; empty where there is none, or none that can
 * be read.
 */
export async function storedEnds(dataDir: string): Promise<ReadonlyMap<string, StoredEnd>> {
  const ends = new Map<string, StoredEnd>();
  for (const folder of await partitionFolders(dataDir).catch(() => [])) {
    const bytes = await readFile(join(folder, '.csv-checkpoint.json')).catch(() => undefined);
    const checkpoint = bytes === undefined ? undefined : parseCheckpoint(bytes);
    for (const [path, length] of checkpoint?.files ?? [])
      ends.set(path, { bytes: length, sum: checkpoint!.sums.get(path) });
  }
  return ends;
}
