import { join } from 'node:path';
import { BatchSender, type DisconnectReason, systemClock } from '@org/flow';
import { EXIT } from '../control/exit-codes.ts';
import type { QueueReport } from '../control/messages.ts';
import type { Task } from '../control/task.ts';
import type { Log } from '../logging/child-log.ts';
import { RecordChannel, type RecordChannelOptions } from './record-channel.ts';

/** The way from a child to the writer: its queue of records, and the acknowledged channel that carries them. */
export interface WriterLink {
  readonly channel: RecordChannel;
  start(): void;
  report(): QueueReport;
  /** Sends what is left and waits until the writer has confirmed all of it; rejects when that takes too long. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

const DRAIN_TIMEOUT_MS = 10_000;

/** Lanes have a slash in their names. */
function spoolFolder({ outputPath, lane }: Task): string {
  return join(outputPath, '.spool', lane.replaceAll('/', '-'));
}

/** `overflow`: what to do when the queue was full and a batch was not taken, and when it takes batches again. */
export function openWriterLink(
  task: Task,
  log: Log,
  overflow: Pick<RecordChannelOptions, 'refused' | 'recovered'> & {
    /** Batches that were taken cannot be read back from the disk. */
    readonly spoolDamaged: () => void;
  },
): WriterLink {
  const { queueSizeBytes, spoolSizeBytes, batchSizeBytes, flushIntervalMs } = task.config.performance;
  const sender = new BatchSender({
    socketPath: task.recordSocket,
    lane: task.lane,
    epoch: task.epoch,
    queueBytesMax: queueSizeBytes,
    ...(spoolSizeBytes === 0 ? {} : { spool: { folder: spoolFolder(task), bytesMax: spoolSizeBytes } }),
    handlers: {
      disconnected: (reason) => lostWriter(reason, log),
      spoolDamaged: (batches, bytes) => {
        log.error('SpoolDamaged', { batches, bytes });
        overflow.spoolDamaged();
      },
    },
  });
  let isOverflowing = false;
  const channel = new RecordChannel({
    sender,
    clock: systemClock,
    batchBytes: batchSizeBytes,
    flushIntervalMs,
    refused: (stream) => {
      // Once a spell: a full queue refuses every batch, and each holds every stream.
      if (!isOverflowing) log.error('QueueOverflowed', { stream });
      isOverflowing = true;
      overflow.refused(stream);
    },
    recovered: () => {
      isOverflowing = false;
      log.info('QueueRecovered', { refusedBatches: sender.stats().refusedBatches });
      overflow.recovered?.();
    },
  });
  return {
    channel,
    start: () => sender.start(),
    report: () => {
      const { queuedBytes, spooledBytes, oldestAgeMs, refusedBatches, spoolFailures } = sender.stats();
      return {
        name: task.id,
        bytes: queuedBytes,
        spooledBytes,
        oldestAgeMs: Math.round(oldestAgeMs),
        refusedBatches,
        spoolFailures,
      };
    },
    finish: async () => {
      channel.flush();
      if (await sender.drained(DRAIN_TIMEOUT_MS)) return;
      const { queuedBatches, queuedBytes } = sender.stats();
      log.error('DrainTimedOut', { limitMs: DRAIN_TIMEOUT_MS, queuedBatches, queuedBytes });
      throw new Error(`${queuedBatches} batches were not confirmed within ${DRAIN_TIMEOUT_MS} ms`);
    },
    close: async () => {
      await sender.close();
    },
  };
}

/** Another process took this child's lane: whatever this one still gathers, nobody takes, so it leaves. */
function lostWriter(reason: DisconnectReason | 'epoch-reused', log: Log): void {
  if (reason === 'superseded' || reason === 'epoch-reused') {
    log.error('LaneTaken', { reason });
    process.exit(EXIT.failed);
  }
  if (reason !== 'closing') log.warn('WriterLost', { reason });
}
