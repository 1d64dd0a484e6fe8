import { setTimeout } from 'node:timers/promises';
import { compactDay, ParquetEngine, StorageParquetError } from '@org/storage-parquet';
import { daysToCompact } from './days-to-compact.ts';
import type { CompactionOrder, PackReport } from './pack-messages.ts';

export interface CompactDaysOptions {
  readonly outputDir: string;
  /** Days whose files have just been packed, `<SYMBOL>/<date>`. */
  readonly packed: readonly string[];
  readonly order: CompactionOrder;
  /** Between two days. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  readonly tell: (report: PackReport) => void;
}

/**
 * Makes the Parquet files of days that are over, one after the other. What ends it is found again by the next one. Rejects
 * with the reason of `signal`.
 */
export async function compactDays(options: CompactDaysOptions): Promise<void> {
  const { outputDir, packed, order, signal, tell } = options;
  const swept = order.sweep ? await daysToCompact(outputDir, signal) : [];
  const found = swept.filter((day) => !order.skip.includes(day));
  const days = [...new Set([...packed, ...order.days, ...found])];
  // Without a day to compact nothing is loaded: it costs the packer some tens of MiB.
  const engine = days.length === 0 ? undefined : await openEngine(tell);
  try {
    if (engine !== undefined) for (const day of days) await compactOne(engine, day, options);
    if (order.sweep && (engine !== undefined || days.length === 0)) tell({ type: 'swept' });
  } finally {
    engine?.close();
  }
}

async function openEngine(tell: CompactDaysOptions['tell']): Promise<ParquetEngine | undefined> {
  try {
    return await ParquetEngine.open();
  } catch (error) {
    if (!(error instanceof StorageParquetError)) throw error;
    tell({ type: 'compaction-impossible', problem: error.message });
    return undefined;
  }
}

async function compactOne(
  engine: ParquetEngine,
  day: string,
  { outputDir, pauseMs, signal, tell }: CompactDaysOptions,
): Promise<void> {
  const [symbol = '', date = ''] = day.split('/');
  tell({ type: 'compacting', day });
  try {
    tell({ type: 'compacted', day, outcomes: await compactDay({ engine, outputDir, symbol, date, signal }) });
  } catch (error) {
    signal.throwIfAborted();
    // A folder that is gone meanwhile, or cannot be read.
    const { code = 'UNEXPECTED' } = error as { readonly code?: string };
    const problem = error instanceof Error ? error.message : String(error);
    const outcomes = [{ kind: '', result: 'failed', path: day, code, problem }] as const;
    tell({ type: 'compacted', day, outcomes });
  }
  await setTimeout(pauseMs, undefined, { signal });
}
