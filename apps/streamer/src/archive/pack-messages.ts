import type { ClosedDay, DayFigures, PackDayOptions, PackOutcome } from '@org/storage-csv';

/** Closed files of a symbol and day, and what only the writer knows of that day; without `figures` it knows nothing. */
export interface DayOrder extends ClosedDay {
  readonly figures?: DayFigures;
}

/** What the writer tells the packer, once. */
export interface PackOrder {
  readonly type: 'pack';
  readonly outputDir: string;
  readonly compression: PackDayOptions['compression'];
  /** Between two symbols: thousands of syncs at midnight must not come in a row, for the journal waits for each. */
  readonly pauseMs: number;
  /** The oldest first. */
  readonly days: readonly DayOrder[];
}

/** What the packer tells the writer; it ends by itself behind the last file. */
export type PackReport =
  | { readonly type: 'began'; readonly path: string }
  | { readonly type: 'outcomes'; readonly outcomes: readonly PackOutcome[] };
