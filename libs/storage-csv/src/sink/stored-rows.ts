import { join } from 'node:path';
import { parseFileName } from '../file-names.ts';
import type { FileSystem } from '../file-system.ts';
import { fileHeader } from '../streams/catalogue.ts';

/** A file that has the name of a file of rows. */
export interface RowFile {
  readonly path: string;
  readonly isCompressed: boolean;
  /** The header that it should have, without LF. */
  readonly header: string;
}

/** Every file of rows in the output folder and in the folders of it, listed in the checkpoint or not. */
export async function* rowFiles(fileSystem: FileSystem, outputDir: string): AsyncGenerator<RowFile> {
  const entries = await fileSystem.list(outputDir);
  const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => join(outputDir, name));
  for (const folder of [outputDir, ...folders.sort()]) {
    const files = (await fileSystem.list(folder)).filter(({ isFolder }) => !isFolder);
    const names = new Set(files.map(({ name }) => name));
    for (const name of [...names].sort()) {
      // One that is being packed is closed already, and about to go.
      if (names.has(`${name}.gz`)) continue;
      const parts = parseFileName(name);
      const header = parts === undefined ? undefined : fileHeader(parts.kind);
      if (header !== undefined) yield { path: join(folder, name), isCompressed: parts!.isCompressed, header };
    }
  }
}

/**
 * Whether there is any file of rows that is not empty. A compressed one is not opened: it may be kept where nobody can
 * write, and compressing makes no empty file.
 */
export async function hasRows(fileSystem: FileSystem, outputDir: string): Promise<boolean> {
  for await (const { path, isCompressed } of rowFiles(fileSystem, outputDir)) {
    if (isCompressed || (await sizeOf(fileSystem, path)) > 0) return true;
  }
  return false;
}

async function sizeOf(fileSystem: FileSystem, path: string): Promise<number> {
  const file = await fileSystem.open(path);
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
