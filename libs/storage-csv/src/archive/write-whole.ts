import type { Buffer } from 'node:buffer';
import type { FileSystem, OpenFile } from '../file-system.ts';

/**
 * Puts a file in its place as a whole: after a crash or a power cut there is what was there before, or all of it. The
 * name is durable only after the folder was synced.
 */
export async function writeWhole(
  fileSystem: FileSystem,
  path: string,
  token: string,
  bytes: Buffer,
): Promise<void> {
  await inTemporary(fileSystem, path, token, (file) => writeAt(file, 0, bytes));
}

/** Lets `write` fill a file beside the place, and renames it into the place when it is synced. */
export async function inTemporary<T>(
  fileSystem: FileSystem,
  path: string,
  token: string,
  write: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const temporary = temporaryName(path, token);
  try {
    const file = await fileSystem.open(temporary);
    let result: T;
    try {
      await file.truncate(0);
      result = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(temporary, path);
    return result;
  } catch (error) {
    // Only to give the room back: whoever packs next removes it as well.
    await fileSystem.removeFile(temporary).catch(() => undefined);
    throw error;
  }
}

/** Who packs has a token of its own, so that two of them never write into one file. */
export function temporaryName(path: string, token: string): string {
  return `${path}.${token}.tmp`;
}

/** What somebody who was killed left behind. */
export function isTemporary(name: string): boolean {
  return /^(?:[a-z]+_\d{4}-.*\.(?:gz|CHECKSUM)|manifest_\d{4}-\d{2}-\d{2}\.json)\.[\w-]{1,64}\.tmp$/.test(
    name,
  );
}

/** Writes all bytes at an offset: the system may take fewer than offered, without an error. */
export async function writeAt(file: OpenFile, position: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written <= 0) throw new Error(`expected to write ${bytes.length - done} bytes, was ${written}`);
    done += written;
  }
}
