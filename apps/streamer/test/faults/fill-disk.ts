import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Recorder, type Status } from '../process/recorder.ts';
import { type Audit, audit, gapRowsOf } from './audit.ts';
import type { MountedDisk } from './mounted-disk.ts';
import { eventsOf, isLive, type Recording, whileUnderLoad } from './recording.ts';
import { WriterProcess } from './writer-process.ts';

export interface FullDiskOptions {
  readonly symbols: readonly string[];
  /** Further flags of the exchange. */
  readonly exchange: readonly string[];
  readonly disk: () => MountedDisk;
  readonly outageMs: number;
  /** The outage goes on until the recorder has logged this event, and a second longer. */
  readonly until?: 'SinkBlocked' | 'QueueOverflowed';
  /** The section of the configuration. */
  readonly performance?: Record<string, unknown>;
}

export interface OutageFigures {
  /** From the moment when there is room again to the next row. */
  readonly resumedMs: number;
  readonly queuedBytesMax: number;
  readonly restarts: number;
  /** Whether the writer met the full disk. */
  readonly foundNoRoom: boolean;
}

export interface FullDiskFigures extends OutageFigures {
  /** Whether every acknowledged row is in the files that were audited. */
  readonly isComplete: boolean;
  readonly audit: Audit;
  /** Reasons of the gap rows. */
  readonly reasons: readonly string[];
}

/** A disk fills up under a running recorder, and has room again after the outage. */
export async function fillDisk(options: FullDiskOptions): Promise<FullDiskFigures> {
  let figures: FullDiskFigures | undefined;
  await onDisk(options, async (recording, disk) => {
    const { recorder, data, symbols } = recording;
    await recorder.statusWhen(isLive);
    disk.fill();
    const outage = await outlast(recorder, data, disk, options);
    await stopCleanly(recorder);
    const isComplete = await storesWhatIsLeft(recorder, recording.startAgain);
    const reasons = symbols.flatMap((symbol) => gapRowsOf(join(data, symbol)).map(({ reason }) => reason));
    figures = { ...outage, isComplete, audit: audit(data, symbols), reasons: [...new Set(reasons)] };
  });
  return figures!;
}

/** A recorder starts in the folder of an earlier one on a full disk, which has room after the outage. */
export async function startOnFullDisk(options: FullDiskOptions): Promise<Omit<FullDiskFigures, 'reasons'>> {
  let figures: Omit<FullDiskFigures, 'reasons'> | undefined;
  const prepare = async (disk: MountedDisk): Promise<void> => {
    const writer = new WriterProcess({ data: join(disk.path, 'data'), symbols: options.symbols });
    await writer.ready;
    await writer.stop();
    disk.fill();
  };
  await onDisk({ ...options, prepare }, async (recording, disk) => {
    const { recorder, data, symbols } = recording;
    await recorder.statusWhen(isUp);
    const outage = await outlast(recorder, data, disk, options);
    await stopCleanly(recorder);
    const isComplete = await storesWhatIsLeft(recorder, recording.startAgain);
    figures = { ...outage, isComplete, audit: audit(data, symbols) };
  });
  return figures!;
}

export interface StopFigures {
  readonly isComplete: boolean;
  readonly stopCode: number | null;
  readonly stopMs: number;
  readonly rowsAtStop: number;
  readonly rowsAfterwards: number;
  readonly audit: Audit;
}

/** A recorder is told to stop while its disk is full, and another one goes on when there is room. */
export async function stopOnFullDisk(options: FullDiskOptions): Promise<StopFigures> {
  let figures: StopFigures | undefined;
  await onDisk(options, async (recording, disk) => {
    const { recorder, data, symbols } = recording;
    await recorder.statusWhen(isLive);
    disk.fill();
    await sleep(options.outageMs);
    const orderedAtMs = performance.now();
    const { code } = await recorder.stop();
    const stopMs = Math.round(performance.now() - orderedAtMs);
    const rowsAtStop = audit(data, symbols).rows;
    disk.free();
    const next = recording.startAgain();
    await next.statusWhen((status) => isLive(status) && eventsOf(status) > 100);
    await stopCleanly(next);
    const isComplete = await storesWhatIsLeft(next, recording.startAgain);
    const result = audit(data, symbols);
    figures = { isComplete, stopCode: code, stopMs, rowsAtStop, rowsAfterwards: result.rows, audit: result };
  });
  return figures!;
}

const isUp = ({ processes }: Status): boolean =>
  processes.length > 1 && processes.every(({ state }) => state === 'ready' || state === 'running');

/** The disk and its recorder are gone afterwards. */
async function onDisk(
  {
    symbols,
    exchange,
    performance,
    ...options
  }: FullDiskOptions & { prepare?: (disk: MountedDisk) => Promise<void> },
  test: (recording: Recording, disk: MountedDisk) => Promise<void>,
): Promise<void> {
  const disk = options.disk();
  try {
    const data = join(disk.path, 'data');
    mkdirSync(data);
    keepBudgetElsewhere(data, disk);
    await options.prepare?.(disk);
    const config = performance === undefined ? {} : { config: { performance } };
    await whileUnderLoad({ symbols, exchange, data, ...config }, (recording) => test(recording, disk));
  } finally {
    disk.remove();
  }
}

/** Where the exchange is not on loopback, the account of its limits is in the user's folder and on another disk. */
function keepBudgetElsewhere(data: string, { folder }: MountedDisk): void {
  const budget = join(folder, 'budget');
  mkdirSync(budget);
  symlinkSync(budget, join(data, '.budget'));
}

/** Watches the recorder through the outage, frees the disk, and waits until it has caught up. */
async function outlast(
  recorder: Recorder,
  data: string,
  disk: MountedDisk,
  { outageMs, until }: FullDiskOptions,
): Promise<OutageFigures> {
  let queuedBytesMax = 0;
  const watch = (status: Status): void => {
    const queued = status.queues.reduce((total, { bytes }) => total + bytes, 0);
    queuedBytesMax = Math.max(queuedBytesMax, queued);
  };
  for (const endMs = performance.now() + outageMs; performance.now() < endMs; await sleep(250))
    watch(await recorder.status());
  if (until !== undefined) {
    const hasLogged = (): boolean => recorder.output().stderr.includes(until);
    await eventually(hasLogged, () => `no ${until} on a full disk`, 30_000);
    await sleep(1000);
    watch(await recorder.status());
  }
  const rowBytes = csvBytes(data);
  disk.free();
  const freedAtMs = performance.now();
  await eventually(
    () => csvBytes(data) > rowBytes,
    () => `no row after the disk was freed:\n${recorder.output().stderr.slice(-4000)}`,
  );
  const resumedMs = Math.round(performance.now() - freedAtMs);
  const { processes } = await recorder.statusWhen((status) => isLive(status) && isCaughtUp(status), 30_000);
  const restarts = processes.reduce((total, process) => total + process.restarts, 0);
  const foundNoRoom = /DiskFull|SinkBlocked/.test(recorder.output().stderr);
  return { resumedMs, queuedBytesMax, restarts, foundNoRoom };
}

const isCaughtUp = ({ queues }: Status): boolean => queues.every(({ oldestAgeMs }) => oldestAgeMs < 1000);

async function stopCleanly(recorder: Recorder): Promise<void> {
  const { code, stderr } = await recorder.stop();
  if (code !== 0) throw new Error(`the recorder ended with ${code}:\n${stderr.slice(-4000)}`);
}

/**
 * What a stop had no time for is in the journal, and the next recorder's to store. Whether in the end everything was: if
 * not, the files are only the beginning, and nothing in them says so.
 */
async function storesWhatIsLeft(recorder: Recorder, startAgain: () => Recorder): Promise<boolean> {
  let last = recorder;
  for (let life = 0; life < LIVES_MAX && isLeftBehind(last); life++) {
    last = startAgain();
    await last.statusWhen(isLive);
    await stopCleanly(last);
  }
  return !isLeftBehind(last);
}

const LIVES_MAX = 3;

const isLeftBehind = (recorder: Recorder): boolean => recorder.output().stderr.includes('SinkLeftBehind');

function csvBytes(data: string): number {
  let bytes = 0;
  for (const { name, parentPath } of existsSync(data)
    ? readdirSync(data, { recursive: true, withFileTypes: true })
    : [])
    if (name.endsWith('.csv')) bytes += statSync(join(parentPath, name)).size;
  return bytes;
}
