interface Exported {
  readonly symbol: string;
  readonly kind: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
}

/** What became of one file. */
export type ExportOutcome =
  | (Exported & {
      readonly result: 'written';
      readonly path: string;
      readonly rows: number;
      /** Of the Parquet file. */
      readonly bytes: number;
      /** CSV files that it was made of, and their bytes as they lie there. */
      readonly sources: number;
      readonly sourceBytes: number;
      /** Whether rows may still come to one of these. */
      readonly open: boolean;
    })
  /** The CSV files have not even a header. */
  | (Exported & { readonly result: 'empty' })
  | (Exported & { readonly result: 'failed'; readonly code: string; readonly problem: string });

/** What an export did; the order of the fields is that of the JSON. */
export interface ExportReport {
  /** Whether nothing failed. */
  readonly complete: boolean;
  readonly written: number;
  readonly failed: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sourceBytes: number;
  readonly files: readonly ExportOutcome[];
  readonly elapsedMs: number;
}

export function exportReport(files: readonly ExportOutcome[], elapsedMs: number): ExportReport {
  const written = files.filter((file) => file.result === 'written');
  const failed = files.filter(({ result }) => result === 'failed').length;
  const sum = (of: 'rows' | 'bytes' | 'sourceBytes'): number =>
    written.reduce((total, file) => total + file[of], 0);
  return {
    complete: failed === 0,
    written: written.length,
    failed,
    rows: sum('rows'),
    bytes: sum('bytes'),
    sourceBytes: sum('sourceBytes'),
    files,
    elapsedMs,
  };
}

/** How a job failed, of an error that it ended with. */
export function failedExport(what: Exported, error: unknown): ExportOutcome {
  const { symbol, kind, date } = what;
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const problem = error instanceof Error ? error.message : String(error);
  return {
    symbol,
    kind,
    date,
    result: 'failed',
    code: typeof code === 'string' ? code : 'UNEXPECTED',
    problem,
  };
}
