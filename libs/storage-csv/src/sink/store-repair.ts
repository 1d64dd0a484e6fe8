import { join } from 'node:path';
import type { SinkRepair } from '@org/storage';
import { parseFileName } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import { mendFile } from './open-segment.ts';

/** Looks at the end of every file of rows that is not compressed, and mends what an earlier process left unfinished. */
export async function repairStore(fileSystem: FileSystem, outputDir: string): Promise<SinkRepair[]> {
  const repairs: SinkRepair[] = [];
  const entries = await fileSystem.list(outputDir);
  const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => join(outputDir, name));
  for (const folder of [outputDir, ...folders.sort()])
    repairs.push(...(await repairFolder(fileSystem, folder)));
  return repairs;
}

async function repairFolder(fileSystem: FileSystem, folder: string): Promise<SinkRepair[]> {
  const repairs: SinkRepair[] = [];
  const names = (await fileSystem.list(folder)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  for (const name of names.sort()) {
    const parts = parseFileName(name);
    if (parts === undefined || parts.isCompressed) continue;
    repairs.push(...(await mendFile(fileSystem, join(folder, name), parts.kind)));
  }
  return repairs;
}
