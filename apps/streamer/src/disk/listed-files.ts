import { join } from 'node:path';
import type { RetentionFileSystem } from './retention-file-system.ts';

/** The checkpoint of the CSV sink (@org/storage-csv, README, Guarantees). */
const CHECKPOINT = '.csv-checkpoint.json';
/** A writer among several may put it back in the place of the checkpoint (ADR 0014); absent on one machine. */
const COPY = '.csv-checkpoint.confirmed.json';

/** A larger one is none that the sink wrote. */
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Paths below the folder of a store of files that its sink may still write to. Undefined when it cannot be told: then every
 * file may be one.
 */
export async function listedFiles(
  fileSystem: Pick<RetentionFileSystem, 'read'>,
  storePath: string,
): Promise<ReadonlySet<string> | undefined> {
  const listed = await filesOf(fileSystem, join(storePath, CHECKPOINT));
  const copied = await filesOf(fileSystem, join(storePath, COPY));
  if (listed === 'absent' || listed === 'unreadable' || copied === 'unreadable') return undefined;
  return new Set([...listed, ...(copied === 'absent' ? [] : copied)]);
}

async function filesOf(
  fileSystem: Pick<RetentionFileSystem, 'read'>,
  path: string,
): Promise<readonly string[] | 'absent' | 'unreadable'> {
  try {
    const { files } = JSON.parse(await fileSystem.read(path, BYTES_MAX)) as { readonly files?: unknown };
    return typeof files === 'object' && files !== null ? Object.keys(files) : 'unreadable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'unreadable';
  }
}
