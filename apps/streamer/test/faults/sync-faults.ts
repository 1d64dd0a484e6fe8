import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, temporaryFolder } from '../process/recorder.ts';
import { BatchLoad, type BatchLoadOptions } from './batch-load.ts';
import { type StoredTrades, storedTrades } from './stored-trades.ts';
import { inject, ONE_THREAD } from './strace.ts';
import { WriterProcess } from './writer-process.ts';

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
      const { code } = await current.ended;
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

/** What is made ahead may fail without harm, and is tried again; so the faults begin when it is there. */
async function hasItsProvisions(data: string): Promise<void> {
  await eventually(() => existsSync(join(data, '.journal', 'reserve')));
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
