import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Status } from '../process/recorder.ts';

/** Limits of free space that tests can tell apart. */
export const LIMITS = { warn: '60%', compress: '50%', shed: '40%', stop: '20%' };

const dist = (path: string): string => JSON.stringify(pathToFileURL(resolve(path)).href);

/**
 * The recorder with {@link LIMITS} and with less patience. `measure` is the source of a function that tells of the disk;
 * without it the file system is asked.
 */
export function hastyRecorder(folder: string, measure = 'measureDisk'): string {
  const file = join(folder, 'hasty-recorder.mjs');
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs';
import { runPrimary } from ${dist('apps/streamer/dist/roles/primary.js')};
import { measureDisk } from ${dist('apps/streamer/dist/disk/disk-keeper.js')};
import { REBALANCE_PACE } from ${dist('apps/streamer/dist/control/hands/rebalancer.js')};
import { loadConfig } from ${dist('libs/config/dist/index.js')};
const limits = Object.entries(${JSON.stringify(LIMITS)});
const overrides = limits.map(([key, value]) => ({ path: 'storage.free_space.' + key, value, source: key }));
const load = () => loadConfig({ path: process.argv[4], overrides });
const disk = { pace: { lookIntervalMs: 100, shedAfterMs: 300, stopAfterMs: 600 }, measure: ${measure} };
process.exitCode = await runPrimary(load, ${JSON.stringify(resolve('apps/streamer/dist/main.js'))}, { disk });
`,
  );
  return file;
}

interface DiskPart {
  readonly disk: {
    readonly freeBytes: number;
    readonly stage: string;
    readonly shedStreams: readonly string[];
  } | null;
}

export const diskOf = (status: Status): DiskPart['disk'] => (status as unknown as DiskPart).disk;
