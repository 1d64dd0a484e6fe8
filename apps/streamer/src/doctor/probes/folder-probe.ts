import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { FolderFacts } from '../checks/check-folder.ts';
import type { RoomFacts } from '../checks/check-room.ts';

/** Does what the recorder does there: writes a file, syncs it, renames it. Leaves nothing behind. Rejects as the system does. */
export async function probeFolder(folder: string): Promise<FolderFacts> {
  const { path, isFolder } = await nearest(resolve(folder));
  if (!isFolder) throw Object.assign(new Error(`ENOTDIR: ${path} is not a folder`), { code: 'ENOTDIR' });
  const name = join(path, `.doctor-${randomUUID()}`);
  try {
    const file = await open(name, 'wx');
    try {
      await file.write('a file of streamer:doctor, may be removed\n');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(name, `${name}.renamed`);
  } finally {
    await rm(name, { force: true });
    await rm(`${name}.renamed`, { force: true });
  }
  return { probed: path, exists: path === resolve(folder) };
}

export async function probeRoom(folder: string): Promise<RoomFacts> {
  const { path } = await nearest(resolve(folder));
  const { bavail, bsize, files, ffree } = await statfs(path);
  return { freeBytes: bavail * bsize, freeFiles: files === 0 ? undefined : ffree };
}

/** The real path of a folder that is there; undefined for one that is not. */
export async function realFolder(folder: string): Promise<string | undefined> {
  try {
    return await realpath(folder);
  } catch {
    return undefined;
  }
}

/** The folder, or the nearest one above that there is. */
async function nearest(path: string): Promise<{ path: string; isFolder: boolean }> {
  try {
    return { path, isFolder: (await stat(path)).isDirectory() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return nearest(dirname(path));
  }
}
