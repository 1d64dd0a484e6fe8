import { join } from 'node:path';
import type { RetentionFileSystem } from './retention-file-system.ts';

/** The checkpoint of the CSV sink (@org/storage-csv, README, Guarantees). */
const CHECKPOINT = '.csv-checkpoint.json';

/** A larger one is none that the sink wrote. */
const BYTES_MAX = 64 * 1024 * 1024;

/** Paths of files that the sink may still write to. Undefined when it cannot be told: then every file may be one. */
export async function listedFiles(
  fileSystem: Pick<RetentionFileSystem, 'read'>,
  outputPath: string,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const text = await fileSystem.read(join(outputPath, CHECKPOINT), BYTES_MAX);
    const { files } = JSON.parse(text) as { readonly files?: unknown };
    return typeof files === 'object' && files !== null ? new Set(Object.keys(files)) : undefined;
  } catch {
    return undefined;
  }
}
