import type { PackDayOptions, PackOutcome } from '@org/storage-csv';

/** What the writer tells the packer, once. */
export interface PackOrder {
  readonly type: 'pack';
  readonly outputDir: string;
  readonly compression: PackDayOptions['compression'];
  /** Files are stored as Parquet as well; not, when absent. */
  readonly parquet?: true;
  /** Between two symbols: thousands of syncs at midnight must not come in a row, for the journal waits for each. */
  readonly pauseMs: number;
  /** Closed files, by path below the output folder. */
  readonly paths: readonly string[];
}

/** What the packer tells the writer; it ends by itself behind the last file. */
export type PackReport =
  | { readonly type: 'began'; readonly path: string }
  | { readonly type: 'outcomes'; readonly outcomes: readonly PackOutcome[] };
