import type { Finding } from './finding.ts';

/** What was read of one kind of file. */
export interface KindCount {
  readonly kind: string;
  readonly files: number;
  readonly rows: number;
  /** Messages of depth, blocks of the book, else rows. */
  readonly events: number;
}

/** Counts of gaps: rows that declare one, breaks that no row declares, rows that say healed. */
export interface GapCount {
  readonly declared: number;
  readonly undeclared: number;
  readonly healed: number;
}

/** What was found about one symbol, as plain data. */
export interface SymbolVerdict {
  readonly symbol: string;
  readonly files: number;
  readonly kinds: readonly KindCount[];
  readonly gaps: GapCount;
  /** Stored tops of the book that were compared, and that could not be (out of sync, or no such update id). */
  readonly books: { readonly checked: number; readonly unchecked: number };
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
  readonly findingsLeftOut: number;
}
