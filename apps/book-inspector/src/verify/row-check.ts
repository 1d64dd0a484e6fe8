import type { MarketRow } from '@org/storage-csv';
import type { ReadFile } from './read-file.ts';
import type { StreamBreaks } from './stream-breaks.ts';

/** Checks the rows of one kind, over all files of a symbol. */
export interface RowCheck {
  /** Another file begins. */
  begin(file: ReadFile): void;
  take(row: MarketRow): void;
  /** What was found about continuity; none where nothing proves it. */
  readonly breaks: readonly StreamBreaks[];
  /** Ids of the last row, for the manifest; undefined where rows have none. */
  idOf(row: MarketRow): number | undefined;
}
