import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, temporaryFolder } from '../process/recorder.ts';
import { BatchLoad, type BatchLoadOptions } from './batch-load.ts';
import { type StoredTrades, storedTrades } from './stored-trades.ts';
import { inject, ONE_THREAD } from './strace.ts';
import { WriterProcess } from './writer-process.ts';

const SEGMENT_BYTES = 32 * 1024 * 1024;

/** What the sync of the last part of a file may take. */
const SYNC_MS = 500;

const END_TIMEOUT_MS = 20_000;

type LoadShape = Omit<BatchLoadOptions, 'socketPath'>;

interface UnderLoad {
  readonly load: BatchLoad;
  readonly writer: WriterProcess;
  readonly startAgain: () => WriterProcess;
}

export interface FailedSyncFigures {
  readonly failures: number;
  /** From the failed call to the end of the process, at most. */
  readonly endMsMax: number;
  readonly exitCodes: readonly (number | null)[];
  readonly stored: StoredTrades;
}

/** One fdatasync after the other fails once, at the given call each, counted from when the writer is at work. */
export async function failSyncs(shape: LoadShape, calls: readonly number[]): Promise<FailedSyncFigures> {
  const exitCodes: (number | null)[] = [];
  let endMsMax = 0;
  const stored = await withWriter(shape, ONE_THREAD, async ({ writer, startAgain }, data) => {
    let current = writer;
    for (const n of calls) {
      await hasItsProvisions(data);
      const { seen } = await inject(current.pid, `fdatasync:error=EIO:when=${n}`);
      const { code } = await withinTime(current.ended);
      const endedAtMs = Date.now();
      exitCodes.push(code);
      const struckAtMs = Number(/\d+\.\d+/.exec((await seen)[0]!)![0]) * 1000;
      endMsMax = Math.max(endMsMax, Math.round(endedAtMs - struckAtMs));
      current = startAgain();
      await current.ready;
    }
  });
  return { failures: calls.length, endMsMax, exitCodes, stored };
}

export interface SlowSyncFigures {
  readonly delayMs: number;
  readonly batchesPerSecond: number;
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly queuedBytesMax: number;
  readonly stored: StoredTrades;
}

/** Every fdatasync takes longer by the delay. */
export async function slowSyncs(
  shape: LoadShape,
  delayMs: number,
  durationMs: number,
): Promise<SlowSyncFigures> {
  let figures: Omit<SlowSyncFigures, 'stored'> | undefined;
  const stored = await withWriter(shape, {}, async ({ load, writer }, data) => {
    await hasItsProvisions(data);
    await inject(writer.pid, `fdatasync:delay_enter=${delayMs * 1000}`);
    load.resetAckMs();
    const [acked, startedAtMs] = [load.ackedBatches, performance.now()];
    await sleep(durationMs);
    const batchesPerSecond = Math.round(
      (load.ackedBatches - acked) / ((performance.now() - startedAtMs) / 1000),
    );
    figures = { delayMs, batchesPerSecond, ackMs: load.ackMs(), queuedBytesMax: load.queuedBytesMax };
  });
  return { ...figures!, stored };
}

async function withinTime<T>(ending: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const tooLate = sleep(END_TIMEOUT_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`the writer goes on, ${END_TIMEOUT_MS} ms after a sync was to fail`);
  });
  try {
    return await Promise.race([ending, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    abort.abort();
  }
}

/**
 * What is made ahead may fail without harm, and is tried again; so the faults begin when it is there: the reserve, and the
 * next segment, all of it synced.
 */
async function hasItsProvisions(data: string): Promise<void> {
  const journal = join(data, '.journal');
  const isThere = (): boolean => {
    const names = readdirSync(journal);
    const spare = names.find((name) => name.endsWith('next.tmp'));
    return (
      names.includes('reserve') && spare !== undefined && statSync(join(journal, spare)).size >= SEGMENT_BYTES
    );
  };
  await eventually(isThere, () => `in the journal there is ${readdirSync(journal).join(', ')}`);
  await sleep(SYNC_MS);
}

async function withWriter(
  shape: LoadShape,
  env: Readonly<Record<string, string>>,
  test: (parts: UnderLoad, data: string) => Promise<void>,
): Promise<StoredTrades> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const writers: WriterProcess[] = [];
  const startAgain = (): WriterProcess => {
    writers.push(new WriterProcess({ data, symbols: shape.symbols, env }));
    return writers.at(-1)!;
  };
  const writer = startAgain();
  const load = new BatchLoad({ socketPath: writer.sockets.recordSocket, ...shape });
  try {
    await writer.ready;
    load.start();
    await test({ load, writer, startAgain }, data);
    load.stop();
    if (!(await load.drained(15_000))) throw new Error('the last writer did not take everything');
    const { code, log } = await writers.at(-1)!.stop();
    if (code !== 0) throw new Error(`the last writer ended with ${code}:\n${log}`);
    return storedTrades(data, load.sentThrough());
  } finally {
    await load.close();
    for (const each of writers) await each.kill();
    folder.remove();
  }
}
