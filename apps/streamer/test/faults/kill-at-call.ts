import { join } from 'node:path';
import { BatchLoad } from './batch-load.ts';
import { temporaryFolder } from '../process/recorder.ts';
import { type StoredTrades, storedTrades } from './stored-trades.ts';
import { CALLS, inject, ONE_THREAD, stopped, STOPPED_BEFORE_IT_BEGINS } from './strace.ts';
import { WriterProcess } from './writer-process.ts';

/** The life ends at the n-th call of the kind, counted from the writer's own first one. */
export interface CrashPoint {
  readonly calls: keyof typeof CALLS;
  readonly n: number;
}

export interface CrashPointFigures {
  readonly points: number;
  /** Points that a life came to within the time. */
  readonly reached: number;
  readonly ackedBatches: number;
  readonly isDrained: boolean;
  readonly stored: StoredTrades;
}

/** A call that is not made by then is not made for want of work. */
const LIFE_MS_MAX = 6000;

/** One writer after the other is killed at a system call, all on one folder under one load. */
export async function killAtCalls(points: readonly CrashPoint[]): Promise<CrashPointFigures> {
  const folder = temporaryFolder();
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  const data = join(folder.path, 'data');
  let writer = newWriter(data, symbols, true);
  const load = new BatchLoad({
    socketPath: writer.sockets.recordSocket,
    symbols,
    tradesPerBatch: 20,
    intervalMs: 10,
  });
  try {
    load.start();
    let reached = 0;
    for (const [index, point] of points.entries()) {
      if (index > 0) writer = newWriter(data, symbols, true);
      if (await diesAt(writer, point)) reached++;
    }
    writer = newWriter(data, symbols, false);
    await writer.ready;
    load.stop();
    const isDrained = await load.drained(10_000);
    const { code, log } = await writer.stop();
    if (code !== 0) throw new Error(`the last writer ended with ${code}:\n${log}`);
    const stored = storedTrades(data, load.sentThrough());
    return { points: points.length, reached, ackedBatches: load.ackedBatches, isDrained, stored };
  } finally {
    await load.close();
    await writer.kill();
    folder.remove();
  }
}

function newWriter(data: string, symbols: readonly string[], isTraced: boolean): WriterProcess {
  const traced = { preload: STOPPED_BEFORE_IT_BEGINS, env: ONE_THREAD };
  return new WriterProcess({ data, symbols, ...(isTraced ? traced : {}) });
}

/** Whether it came to the call; dead it is anyway. */
async function diesAt(writer: WriterProcess, { calls, n }: CrashPoint): Promise<boolean> {
  await stopped(writer.pid);
  await inject(writer.pid, `${CALLS[calls]}:signal=SIGKILL:when=${n}`);
  process.kill(writer.pid, 'SIGCONT');
  let isReached = true;
  const timer = setTimeout(() => {
    isReached = false;
    void writer.kill();
  }, LIFE_MS_MAX);
  const { signal, code, log } = await writer.ended;
  clearTimeout(timer);
  if (signal !== 'SIGKILL') throw new Error(`a writer ended with ${code ?? signal}:\n${log}`);
  return isReached;
}
