import type { ArchiveReport, ParquetReport } from '../control/messages.ts';

export const NO_ARCHIVE: ArchiveReport = {
  waiting: 0,
  packed: 0,
  failed: 0,
  bytesIn: 0,
  bytesOut: 0,
  current: null,
};

function addParquet(before: ArchiveReport, now: ArchiveReport): { readonly parquet?: ParquetReport } {
  const [past, latest] = [before.parquet, now.parquet ?? before.parquet];
  if (latest === undefined) return {};
  if (past === undefined || now.parquet === undefined) return { parquet: latest };
  return { parquet: { ...latest, files: past.files + latest.files, bytes: past.bytes + latest.bytes } };
}

/** The counters of both; what is so now is as the later one says. */
export function addArchive(before: ArchiveReport, now: ArchiveReport): ArchiveReport {
  return {
    ...now,
    packed: before.packed + now.packed,
    bytesIn: before.bytesIn + now.bytesIn,
    bytesOut: before.bytesOut + now.bytesOut,
    ...addParquet(before, now),
  };
}
