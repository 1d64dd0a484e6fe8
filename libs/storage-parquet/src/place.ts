import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { firstLines, StorageParquetError } from './errors.ts';

/** Less than that is no room: a row group needs some. */
const ROOM_BYTES = 16 * 1024 * 1024;

/** Where something is written before it has the name of `target`. Who writes has a token of its own. */
export function temporaryPath(target: string, token: string): string {
  return `${target}.${token}.tmp`;
}

/** Removes what somebody who was killed left behind of a target. */
export async function removeTemporaries(target: string): Promise<void> {
  const folder = dirname(target);
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith(`${basename(target)}.`) && name.endsWith('.tmp'));
  for (const name of left) await rm(join(folder, name), { force: true });
}

/** Gives a finished file its name: after a crash or a power cut there is what was there before, or all of it. */
export async function putInPlace(temporary: string, target: string): Promise<void> {
  await syncFile(temporary);
  await rename(temporary, target);
  await syncFolder(dirname(target));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The error of a failed write. DuckDB names no reason that can be decided on, so it is asked how much room there is. */
export async function writeError(target: string, cause: unknown): Promise<StorageParquetError> {
  const code = (await isFull(dirname(target), cause)) ? 'DISK_FULL' : 'WRITE_FAILED';
  return new StorageParquetError(code, target, firstLines(cause), cause);
}

async function isFull(folder: string, cause: unknown): Promise<boolean> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  const room = await statfs(folder).catch(() => undefined);
  return room !== undefined && room.bavail * room.bsize < ROOM_BYTES;
}

export async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
