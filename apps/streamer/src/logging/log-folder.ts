import { join } from 'node:path';
import type { LogDisk, StoredLog } from './log-disk.ts';

/** Files of this log, and of no other program. */
const LOG_FILE = /^(primary|writer|order-book|worker-\d+b?)(?:\.(\d+))?\.log$/;
const GENERATION = /-r\d+$/;

/**
 * The name of a source's file. Workers of different configurations of one recorder, such as `worker-1` and `worker-1-r2`,
 * have one file for their place: each line says whose it is, and the files do not grow in number with every reload.
 */
export function fileStem(source: string): string {
  return source.replace(GENERATION, '').replaceAll(/[^\p{L}\p{N}_-]/gu, '_');
}

/** `<stem>.log` is being written; 1 is the youngest of the closed ones. */
export function logPath(folder: string, stem: string, number = 0): string {
  return join(folder, number === 0 ? `${stem}.log` : `${stem}.${number}.log`);
}

/** Makes room for a new `<stem>.log`: every file becomes the next older one, and the oldest is gone. */
export async function rotate(disk: LogDisk, folder: string, stem: string, filesMax: number): Promise<void> {
  for (let number = filesMax; number > 0; number--)
    await disk.rename(logPath(folder, stem, number - 1), logPath(folder, stem, number));
}

export interface LogQuota {
  /** Closed files that a source keeps. */
  readonly maxFiles: number;
  readonly maxSizeBytes: number;
}

/**
 * Files that are kept no longer: closed ones beyond the number (it may have been larger once), and those of workers that
 * there are no more, beyond what one source may have: the oldest first.
 */
export function superfluousLogs(
  files: readonly StoredLog[],
  stems: ReadonlySet<string>,
  { maxFiles, maxSizeBytes }: LogQuota,
): readonly string[] {
  const known = files.flatMap((file) => {
    const [, stem, number] = LOG_FILE.exec(file.name) ?? [];
    return stem === undefined ? [] : [{ ...file, stem, number: Number(number ?? 0) }];
  });
  const beyond = known.filter(({ number }) => number > maxFiles);
  const departed = known.filter(({ stem, number }) => number <= maxFiles && !stems.has(stem));
  let bytes = 0;
  const old = departed
    .filter(({ stem }) => stem.startsWith('worker-'))
    .sort((left, right) => right.modifiedAtMs - left.modifiedAtMs)
    .filter((file) => (bytes += file.bytes) > maxSizeBytes * (maxFiles + 1));
  return [...beyond, ...old].map(({ name }) => name);
}
