import type { ChildReport } from '../control/messages.ts';

/** What was done since the start, over all lives of all children. */
export interface RecorderTotals {
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  readonly reconnects: number;
  readonly bookSnapshots: number;
}

export const NO_TOTALS: RecorderTotals = { rows: 0, bytes: 0, rejected: 0, reconnects: 0, bookSnapshots: 0 };

export function addTotals(totals: RecorderTotals, report: ChildReport): RecorderTotals {
  switch (report.role) {
    case 'writer':
    case 'partition-writer':
      return {
        ...totals,
        rows: totals.rows + report.rows,
        bytes: totals.bytes + report.bytes,
        rejected: totals.rejected + report.rejected,
      };
    case 'worker':
      return {
        ...totals,
        rejected: totals.rejected + report.rejectedMessages,
        reconnects: totals.reconnects + report.reconnects,
      };
    case 'order-book':
      return { ...totals, bookSnapshots: totals.bookSnapshots + report.snapshotsWritten };
    case 'sink':
    case 'forwarder':
    case 'partition-follower':
      return totals;
  }
}
