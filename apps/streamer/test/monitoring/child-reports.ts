import type { DiskStatus } from '../../src/disk/disk-keeper.ts';
import type {
  DurationCounts,
  ForwarderReport,
  PartitionWriterReport,
  WorkerReport,
  WriterReport,
} from '../../src/control/messages.ts';
import { NO_ARCHIVE } from '../../src/monitoring/add-archive.ts';

export const durations = (...counts: number[]): DurationCounts => ({
  boundsMs: [10, 100],
  counts,
  sumMs: counts.reduce((total, count) => total + count * 20, 0),
});

export function workerReport(events: number, more: Partial<WorkerReport> = {}): WorkerReport {
  return {
    role: 'worker',
    rssBytes: 5e7,
    streams: [{ stream: 'BTCUSDT@aggTrade', events, duplicates: 2, lastEventAtMs: 9000, alarm: undefined }],
    queues: [
      {
        name: 'worker-1',
        bytes: 100,
        spooledBytes: 10,
        oldestAgeMs: 250,
        refusedBatches: 3,
        spoolFailures: 0,
      },
    ],
    rejectedMessages: 1,
    rejectedFrames: 0,
    reconnects: 2,
    figures: {
      cpuSeconds: 1.5,
      loopLag: durations(1, 2, 3),
      eventToReceipt: { aggtrade: durations(4, 0, 1) },
    },
    ...more,
  };
}

export function writerReport(more: Partial<WriterReport> = {}): WriterReport {
  return {
    role: 'writer',
    rssBytes: 6e7,
    records: 10,
    rows: 12,
    bytes: 1200,
    rejected: 0,
    gaps: { 'BTCUSDT@aggTrade': 1 },
    journal: { bytes: 4096, isDiskFull: false, duplicates: 1 },
    queues: [
      { name: 'csv', bytes: 700, spooledBytes: 0, oldestAgeMs: 40, refusedBatches: 0, spoolFailures: 0 },
    ],
    writeLatencyMs: { p50: 1, p99: 2, p999: 3 },
    receiptToDurableMs: { p50: 1, p99: 2, p999: 3 },
    openings: { written: 3, missing: 1 },
    archive: { waiting: 0, packed: 0, failed: 0, bytesIn: 0, bytesOut: 0, current: null },
    figures: {
      cpuSeconds: 2.5,
      loopLag: durations(1, 0, 0),
      journalCommit: durations(5, 1, 0),
      receiptToDurable: durations(3, 3, 0),
      gapsByReason: { reconnect: 1 },
      healedGaps: 1,
    },
    ...more,
  };
}

export const filledDisk = (): DiskStatus => ({
  totalBytes: 1000, freeBytes: 100, bytesPerSecond: 5, fullInSeconds: 20, stage: 'shed', shedStreams: ['kline_1m'],
  retention: { removedFiles: 2, removedBytes: 50, failures: 1 },
}); // prettier-ignore

export const forwarderReport = (more: Partial<ForwarderReport> = {}): ForwarderReport => ({
  role: 'forwarder', rssBytes: 1, queues: [], problem: undefined, uncommittedForMs: 0, forwarded: undefined, ...more,
}); // prettier-ignore

const written: PartitionWriterReport['written'] = {
  messages: 1, bytes: 2, pieces: 3, repeats: 4, holes: 5, malformed: 6, commits: 7, postponed: 8, overflows: 0, lostLeases: 9, undone: 10,
  retries: 11, unsettled: [3], refused: [2],
  partitions: [
    { partition: 0, generation: 1, committedSequence: 5, latestReceiptUs: 9_000_000, isWaiting: true, heldBytes: 10 },
    { partition: 1, generation: 1, committedSequence: 0, latestReceiptUs: 0, isWaiting: false, heldBytes: 0 },
  ],
}; // prettier-ignore

export const partitionWriterReport = (more: Partial<PartitionWriterReport> = {}): PartitionWriterReport => ({
  role: 'partition-writer', rssBytes: 1, queues: [], rows: 1, bytes: 1, rejected: 0, gaps: {}, problem: undefined, written, archive: NO_ARCHIVE, ...more,
}); // prettier-ignore
