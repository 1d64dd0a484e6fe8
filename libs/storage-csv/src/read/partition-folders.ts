import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSymbol } from '@org/market-data';

const PARTITION = /^p\d{2,3}$/;

/** `p07`: the folder of a partition below the output folder, in a recording that several machines write. */
export function partitionFolder(partition: number): string {
  return `p${String(partition).padStart(2, '0')}`;
}

/** Whether it is the name of a partition's folder, in a recording that several machines wrote. */
export function isPartitionFolder(name: string): boolean {
  return PARTITION.test(name);
}

/**
 * The folders in which the folders of symbols lie: the output folder, and of a recording that several machines wrote those
 * of the partitions in it (`p00` …), where each symbol is in one.
 */
export async function partitionFolders(dataDir: string): Promise<readonly string[]> {
  const entries = await readdir(dataDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && isPartitionFolder(entry.name))
    .map(({ name }) => name);
  return [dataDir, ...names.sort().map((name) => join(dataDir, name))];
}

/** The folders of all symbols. */
export async function symbolFolders(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await partitionFolders(dataDir)) {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries)
      if (entry.isDirectory() && isSymbol(entry.name)) found.push(join(folder, entry.name));
  }
  return found;
}
