import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchLoad } from './batch-load.ts';
import { chanceOf } from './chance.ts';
import { MountedDisk } from './mounted-disk.ts';
import { type StoredTrades, storedTrades } from './stored-trades.ts';
import { WITHOUT_SYNC, WriterProcess } from './writer-process.ts';

export interface PowerCutOptions {
  readonly seed: number;
  readonly cuts: number;
  readonly symbols: readonly string[];
  readonly tradesPerBatch: number;
  /** Longest time from the writer's start to the cut. */
  readonly pauseMsMax: number;
  /** False is the control: the writer's syncs do nothing. */
  readonly isSynced: boolean;
}

export interface PowerCutFigures {
  readonly cuts: number;
  /** Cuts that came before the writer had recovered from the one before. */
  readonly duringRecovery: number;
  readonly ackedBatches: number;
  readonly worstRecoveryMs: number;
  /** Whether the last writer took everything that had not been acknowledged. */
  readonly isDrained: boolean;
  readonly stored: StoredTrades;
}

/** Each life leaves a journal segment of 32 MiB until its rows are stored. */
const DISK_MIB = 1024;
const DRAIN_TIMEOUT_MS = 30_000;

/** The control must have something to lose. */
const CONTROL_PAUSE_MS = 500;

/**
 * Cuts the power again and again while a writer records. Batches that were acknowledged before are in the files at the end,
 * once; the others come again, as workers bring them.
 */
export async function cutPower(options: PowerCutOptions): Promise<PowerCutFigures> {
  const disk = MountedDisk.ext4(DISK_MIB);
  const data = join(disk.path, 'data');
  const writers: WriterProcess[] = [];
  const start = (): WriterProcess => {
    const preload = options.isSynced ? {} : { preload: WITHOUT_SYNC };
    writers.push(new WriterProcess({ data, symbols: options.symbols, ...preload }));
    return writers.at(-1)!;
  };
  const first = start();
  const load = new BatchLoad({
    socketPath: first.sockets.recordSocket,
    intervalMs: 10,
    lines: 2,
    ...options,
  });
  try {
    await first.ready;
    load.start();
    const cuts = await cutAgainAndAgain(options, { disk, load, start, first });
    load.stop();
    const isDrained = await load.drained(options.isSynced ? DRAIN_TIMEOUT_MS : 2000);
    const { code, log } = await writers.at(-1)!.stop();
    if (options.isSynced && code !== 0) throw new Error(`the last writer ended with ${code}:\n${log}`);
    const stored = storedTrades(data, load.sentThrough());
    return { cuts: options.cuts, ...cuts, ackedBatches: load.ackedBatches, isDrained, stored };
  } finally {
    await load.close();
    for (const writer of writers) await writer.kill();
    disk.remove();
  }
}

interface Parts {
  readonly disk: MountedDisk;
  readonly load: BatchLoad;
  readonly first: WriterProcess;
  readonly start: () => WriterProcess;
}

async function cutAgainAndAgain(
  { seed, cuts, pauseMsMax, isSynced }: PowerCutOptions,
  { disk, load, first, start }: Parts,
): Promise<{ duringRecovery: number; worstRecoveryMs: number }> {
  const chance = chanceOf(seed);
  const figures = { duringRecovery: 0, worstRecoveryMs: 0 };
  let writer = first;
  for (let cut = 0; cut < cuts; cut++) {
    await sleep((isSynced ? 0 : CONTROL_PAUSE_MS) + chance() * pauseMsMax);
    disk.cutPower(cut % 2 === 0 ? 'nothing-flushed' : 'journal-flushed');
    await writer.kill();
    disk.mountAgain();
    const cutAtMs = performance.now();
    writer = start();
    // Every fourth time the power goes again while the writer recovers; not the last time.
    if (chance() < 0.25 && cut < cuts - 1) {
      figures.duringRecovery++;
      continue;
    }
    const acked = load.ackedBatches;
    await writer.ready;
    // Without syncs there may be nobody any more who can take what comes.
    while (isSynced && load.ackedBatches === acked && performance.now() - cutAtMs < DRAIN_TIMEOUT_MS)
      await sleep(5);
    figures.worstRecoveryMs = Math.max(figures.worstRecoveryMs, Math.round(performance.now() - cutAtMs));
  }
  return figures;
}
