import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsvSink } from '@org/storage-csv';
import { CheckpointCopy, type PartitionStore } from '@org/transport-nats';

/** A folder that is removed after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'transport-nats-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** How the README says that a writer stores a partition in CSV files. */
export function csvStore(folder: string, partition: number): PartitionStore {
  const outputDir = join(folder, `p${partition}`);
  mkdirSync(outputDir, { recursive: true });
  const copy = new CheckpointCopy(
    join(outputDir, '.csv-checkpoint.json'),
    join(outputDir, '.csv-checkpoint.confirmed.json'),
  );
  return {
    createSink: (generation) => new CsvSink({ outputDir, firstPart: generation * 100 }),
    keep: () => copy.keep(),
    putBack: () => copy.putBack(),
    isNew: () => copy.isNew(),
  };
}

/** The ids of the rows of all writers' folders put together, by symbol, in the order of the files' names. */
export function storedIds(folders: readonly string[]): Map<string, number[]> {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const path of csvFiles(folder)) {
      const name = path.split('/').slice(-2).join('/');
      if (files.has(name)) throw new Error(`two files have the name ${name}`);
      files.set(name, path);
    }
  const ids = new Map<string, number[]>();
  const parts = [...files.keys()].sort((a, b) => partOf(a) - partOf(b));
  for (const name of parts.filter((text) => text.includes('/aggtrade_'))) {
    const symbol = name.slice(0, name.indexOf('/'));
    const rows = readFileSync(files.get(name)!, 'utf8').split('\n').slice(1, -1);
    // A file that was cut to nothing stays, and is continued when rows come.
    if (rows.length > 0)
      ids.set(symbol, [
        ...(ids.get(symbol) ?? []),
        ...rows.map((row) => Number(row.slice(0, row.indexOf(',')))),
      ]);
  }
  return ids;
}

/** Rows of the gaps files of all folders. */
export function gapRows(folders: readonly string[]): string[] {
  return folders
    .flatMap(csvFiles)
    .filter((path) => path.includes('/gaps_'))
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(1, -1));
}

function csvFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.csv')).map((name) => join(folder, name));
}

function partOf(name: string): number {
  return Number(/\.(\d+)\.csv$/.exec(name)?.[1] ?? 0);
}
