import type { ClosedDay, DayFigures, PackDayOptions, PackOutcome } from '@org/storage-csv';
import type { CompactOutcome } from '@org/storage-parquet';

/** Closed files of a symbol and day, and what only the writer knows of that day; without `figures` it knows nothing. */
export interface DayOrder extends ClosedDay {
  readonly figures?: DayFigures;
  /** The folder below the output folder in which the folder of the symbol is: `p07`. Absent where there is none. */
  readonly partition?: string;
}

/** What is to become Parquet files beside the days whose files are packed. */
export interface CompactionOrder {
  /** Whether all folders are looked through for days that have none yet. */
  readonly sweep: boolean;
  /** Days that are tried again, `<SYMBOL>/<date>`. */
  readonly days: readonly string[];
  /** Days that failed, and are not tried again yet. */
  readonly skip: readonly string[];
}

/** What the writer tells the packer, once. */
export interface PackOrder {
  readonly type: 'pack';
  readonly outputDir: string;
  readonly compression: PackDayOptions['compression'];
  /** Between two symbols: thousands of syncs at midnight must not come in a row, for the journal waits for each. */
  readonly pauseMs: number;
  /** Stands in the names of manifests, where several machines write; absent on one machine. */
  readonly writer?: string;
  /** The oldest first. */
  readonly days: readonly DayOrder[];
  /** Absent where no Parquet files are wanted. */
  readonly parquet?: CompactionOrder;
}

export type CompactionReport =
  | { readonly type: 'swept' }
  | { readonly type: 'compacted'; readonly day: string; readonly outcomes: readonly CompactOutcome[] }
  /** There is no DuckDB; the CSV files are all there. */
  | { readonly type: 'compaction-impossible'; readonly problem: string };

/** What the packer tells the writer; it ends by itself behind the last file. */
export type PackReport =
  | { readonly type: 'began'; readonly path: string }
  | { readonly type: 'outcomes'; readonly outcomes: readonly PackOutcome[] }
  | { readonly type: 'compacting'; readonly day: string }
  | CompactionReport;
