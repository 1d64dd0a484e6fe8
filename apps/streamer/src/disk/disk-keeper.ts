import { statfs } from 'node:fs/promises';
import { type Clock, systemClock } from '@org/binance-client';
import type { StorageConfig } from '@org/config';
import { repeatedly } from '../control/repeatedly.ts';
import type { Log } from '../logging/child-log.ts';
import { type DiskActions, type DiskFigures, type DiskSpace, DiskWatch } from './disk-watch.ts';
import type { DiskPace } from './ladder.ts';
import { Retention, RETENTION_LOOK_INTERVAL_MS, type RetentionCounters } from './retention.ts';
import { retentionFileSystem } from './retention-file-system.ts';

/** Section `disk` of the status. */
export type DiskStatus = DiskFigures & { readonly retention: RetentionCounters };

export interface DiskKeeperOptions {
  /** Real path of the output folder. */
  readonly outputPath: string;
  readonly storage: Pick<StorageConfig, 'retentionMs' | 'rotation' | 'freeSpace'>;
  /** Whether the output folder has a store in each partition's folder. */
  readonly isPartitioned: boolean;
  /** What the recorder has written into its files since it began. */
  readonly writtenBytes: () => number;
  /** What the configuration asks for, the most important first. */
  readonly streams: () => readonly string[];
  readonly hasSinks: boolean;
  readonly actions: DiskActions;
  /** Takes every look; undefined when the disk could not be looked at. */
  readonly report: (status: DiskStatus | undefined) => void;
  readonly log: Log;
  readonly clock?: Clock;
  readonly pace: DiskPace;
  readonly measure: (folder: string) => Promise<DiskSpace>;
}

/** Keeps room on the disk of the recordings while they are made. */
export function keepDisk(options: DiskKeeperOptions): { close(): void } {
  const { outputPath, storage, report, log, clock = systemClock, pace, measure } = options;
  const watch = new DiskWatch({
    ...options,
    limits: storage.freeSpace,
    clock,
    measure: () => measure(outputPath),
  });
  const retention = new Retention({
    outputPath,
    retentionMs: storage.retentionMs,
    rotation: storage.rotation,
    isPartitioned: options.isPartitioned,
    fileSystem: retentionFileSystem,
    wallMs: () => Math.floor(clock.wallUs() / 1000),
    nowMs: () => clock.nowMs(),
    log,
  });
  const look = async (): Promise<void> => {
    await watch.look();
    report(watch.figures && { ...watch.figures, retention: retention.counters() });
  };
  const tasks = [
    repeatedly(clock, () => pace.lookIntervalMs, look),
    repeatedly(clock, () => RETENTION_LOOK_INTERVAL_MS, () => retention.look()),
  ]; // prettier-ignore
  void look();
  void retention.look();
  return {
    close: () => {
      watch.close();
      retention.close();
      for (const task of tasks) task.stop();
    },
  };
}

/** The disk that the folder is on. `bavail` is what users other than root may take; what is kept for root is not counted on. */
export async function measureDisk(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
