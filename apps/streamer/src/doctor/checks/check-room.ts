import { formatByteSize, type StreamerConfig } from '@org/config';
import type { ExpectedLoad } from '../expected-load.ts';
import { type Attempt, error, type Finding, ok, warn } from '../finding.ts';

/** The file system that a folder is on, or will be. */
export interface RoomFacts {
  readonly freeBytes: number;
  /** Undefined where the file system does not count them. */
  readonly freeFiles: number | undefined;
}

const CHECK = 'free space';
const DAY_MS = 86_400_000;
const DAYS_WARN = 7;
const DAYS_ERROR = 1;
const HOURS_A_DAY = 24;
/** The hour that is written and the one that is being compressed. */
const OPEN_HOURS = 2;

/** How long a recording can go on until the disk is full, against what the configuration will write. */
export function checkRoom(
  config: StreamerConfig,
  load: ExpectedLoad,
  attempt: Attempt<RoomFacts>,
): readonly Finding[] {
  const folder = config.storage.outputDir;
  if ('problem' in attempt)
    return [error(CHECK, `${folder}: ${attempt.problem}`, 'set storage.output_dir to a folder of a disk')];
  const { freeBytes, freeFiles } = attempt.found;
  const days = forecastDays(config, load, freeBytes);
  const what =
    `${gigabytes(freeBytes)} free in ${folder}; about ${gigabytes(load.bytesPerDay)} a day of rows, ` +
    `${gigabytes(load.closedBytesPerDay)} when their files are closed: full in about ${daysText(days)}`;
  return [
    lifeOf(config, days, what),
    ...reserve(load, freeBytes, folder),
    ...fileCount(load, freeFiles, folder),
  ];
}

/** Days until `freeBytes` are used: the open files need room for rows as they are written, closed ones for less. */
export function forecastDays(
  { storage }: Pick<StreamerConfig, 'storage'>,
  { bytesPerDay, closedBytesPerDay }: Pick<ExpectedLoad, 'bytesPerDay' | 'closedBytesPerDay'>,
  freeBytes: number,
): number {
  const openBytes = storage.rotation === 'daily' ? bytesPerDay : (bytesPerDay * OPEN_HOURS) / HOURS_A_DAY;
  if (closedBytesPerDay >= bytesPerDay || freeBytes <= openBytes) return freeBytes / bytesPerDay;
  const openDays = openBytes / bytesPerDay;
  return openDays + (freeBytes - openBytes) / closedBytesPerDay;
}

function lifeOf({ general }: StreamerConfig, days: number, what: string): Finding {
  const advice = 'make room, move closed files away, or record fewer symbols or streams';
  const isEnough = general.mode === 'timed' && days > (1.5 * general.durationMs) / DAY_MS;
  if (days >= DAYS_WARN || isEnough) return ok(CHECK, what);
  return days < DAYS_ERROR ? error(CHECK, what, advice) : warn(CHECK, what, advice);
}

/** Journal and spool take their room when something else already goes wrong. */
function reserve({ reservedDiskBytes }: ExpectedLoad, freeBytes: number, folder: string): readonly Finding[] {
  if (freeBytes >= reservedDiskBytes) return [];
  const needed = formatByteSize(Math.ceil(reservedDiskBytes / 1024 ** 2) * 1024 ** 2);
  return [
    warn(CHECK, `${folder}: the journal and full queues may take ${needed} beside the recording`,
      'make room, or set a smaller performance.spool_size'),
  ]; // prettier-ignore
}

function fileCount(load: ExpectedLoad, freeFiles: number | undefined, folder: string): readonly Finding[] {
  // A folder, a file a kind and their companions, every day for a month.
  const aMonth = 30 * 3 * load.openFiles;
  if (freeFiles === undefined || freeFiles >= aMonth) return [];
  return [
    warn(CHECK, `${folder}: the file system has room for ${freeFiles} more files, a month may make ${aMonth}`,
      'use a file system with more inodes'),
  ]; // prettier-ignore
}

export function gigabytes(bytes: number): string {
  const value = bytes / 1e9;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} GB`;
}

function daysText(days: number): string {
  if (days >= 10_000) return 'many years';
  if (days >= 2) return `${Math.floor(days)} days`;
  return `${Number((days * HOURS_A_DAY).toPrecision(2))} hours`;
}
