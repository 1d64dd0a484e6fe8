import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Audit, audit } from './audit.ts';
import { eventually, type Recorder } from '../process/recorder.ts';
import { MountedDisk } from './mounted-disk.ts';
import { eventsOf, isLive, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface FullLogDiskFigures {
  readonly events: number;
  readonly restarts: number;
  /** Bytes of log that found no room any more would have been these, on the recorder's own stderr. */
  readonly stderrBytes: number;
  /** From room on the disk to the first line that was logged after it. */
  readonly linesBackAfterMs: number;
  /** Whether the first line of all is there, which had to wait for room where the disk was full from the start. */
  readonly hasFirstLine: boolean;
  readonly audit: Audit;
}

const LOG_DISK_KIB = 1024;

/** Nothing can be logged any more, from the start or from some moment on, while connections break and are logged. */
export async function fillLogDisk(
  options: RecordingOptions & { readonly isFullAtStart: boolean; readonly durationMs: number },
): Promise<FullLogDiskFigures> {
  const disk = MountedDisk.tmpfs(LOG_DISK_KIB);
  let figures: FullLogDiskFigures | undefined;
  try {
    if (options.isFullAtStart) disk.fill();
    const config = { ...options.config, logging: { dir: disk.path, level: 'debug' } };
    await whileUnderLoad({ ...options, config }, async ({ recorder, data, symbols }) => {
      await recorder.statusWhen(isLive);
      disk.fill();
      await sleep(options.durationMs);
      const status = await recorder.statusWhen(isLive);
      disk.free();
      const log = join(disk.path, 'primary.log');
      const linesBackAfterMs = await linesComeBack(recorder, log);
      const hasFirstLine = readFileSync(log, 'utf8').includes('"message":"Recording"');
      const restarts = status.processes.reduce((total, process) => total + process.restarts, 0);
      const { code, stderr } = await recorder.stop();
      if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
      figures = {
        events: eventsOf(status),
        restarts,
        stderrBytes: stderr.length,
        linesBackAfterMs,
        hasFirstLine,
        audit: audit(data, symbols),
      };
    });
  } finally {
    disk.remove();
  }
  return figures!;
}

/** A signal to read the configuration again is logged, whatever comes of it. */
async function linesComeBack(recorder: Recorder, file: string): Promise<number> {
  const freedAtMs = performance.now();
  process.kill(recorder.pid, 'SIGHUP');
  const isBack = (): boolean => existsSync(file) && readFileSync(file, 'utf8').includes('"signal":"SIGHUP"');
  await eventually(isBack, () => `no line in ${file} after there was room again`);
  return Math.round(performance.now() - freedAtMs);
}
