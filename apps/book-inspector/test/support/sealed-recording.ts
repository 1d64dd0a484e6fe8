import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { nodeFileSystem, packDay } from '@org/storage-csv';

/** Packs plain text as closed files are packed: several members behind each other. */
export function pack(raw: Buffer): Buffer {
  const half = Math.floor(raw.length / 2);
  return Buffer.concat([gzipSync(raw.subarray(0, half)), gzipSync(raw.subarray(half))]);
}

/** Closes the files of a day in a symbol's folder as the recorder does: packed, with CHECKSUM files and a manifest. */
export async function sealDay(
  folder: string,
  date: string,
  compression: 'gzip' | 'none' = 'gzip',
): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith(`_${date}.csv`));
  const outcomes = await packDay(
    { folder: basename(folder), date, names },
    {
      outputDir: dirname(folder),
      compression,
      recorderVersion: '0.1.0',
      fileSystem: nodeFileSystem,
      token: 'test',
    },
  );
  expect(outcomes.filter(({ result }) => result !== 'packed')).toEqual([]);
}
