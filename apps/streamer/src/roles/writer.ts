import { createHistogram } from 'node:perf_hooks';
import { systemClock } from '@org/binance-client';
import { BatchReceiver, FeedPublisher } from '@org/flow';
import type { Sink } from '@org/storage';
import { CsvSink, StorageCsvError } from '@org/storage-csv';
import { childControl } from '@org/supervision';
import { reportRegularly } from '../control/child-reports.ts';
import type { WriterReport } from '../control/messages.ts';
import { EXIT } from '../control/exit-codes.ts';
import type { WriterTask } from '../control/task.ts';
import { childLog, errorFields, type Log } from '../logging/child-log.ts';
import { commitRegularly } from '../writer/regular-commits.ts';

/**
 * The writer: the one process that stores. It takes batches from all lanes, one at a time, acknowledges what is stored,
 * and passes every batch on to the followers (the order-book manager).
 */
export async function runWriter(task: WriterTask): Promise<void> {
  let close: () => Promise<void> = () => Promise.resolve();
  const control = childControl({ stop: () => close() });
  const log = childLog(task.config.logging.level);
  // The sockets come first: who holds them is the only one who may touch the files.
  const feed = new FeedPublisher({ socketPath: task.feedSocket });
  await feed.listen();
  const sink = await openSink(task, log);
  const { receiver, report } = receiveInto(sink, feed, task, log);
  await receiver.listen();
  const reports = reportRegularly(systemClock, report);
  const commits = commitRegularly(systemClock, sink, (error) => storeFailed(error, log));
  close = async () => {
    await receiver.close();
    await commits.stop();
    await sink.close();
    await feed.close();
    reports.stop();
  };
  control.ready();
}

async function openSink(task: WriterTask, log: Log): Promise<OpenSink> {
  const { outputDir, rotation } = task.config.storage;
  const sink = new CsvSink({
    outputDir,
    rotation,
    events: { rejected: (rejection) => log.warn('RecordRejected', { ...rejection }) },
  });
  const { position, repairs } = await sink.open();
  for (const repair of repairs) log.warn('StoreRepaired', { ...repair });
  return Object.assign(sink, { position });
}

/**
 * A full disk passes: the batch is not acknowledged and comes again. After any other failure of the store nobody knows
 * what the disk has (a second fsync can lie), so this process ends and the next one looks.
 */
function storeFailed(error: unknown, log: Log): void {
  const cause = (error as { cause?: unknown }).cause;
  const fields =
    cause instanceof StorageCsvError ? { ...errorFields(error), ...errorFields(cause) } : errorFields(error);
  log.error('StoreFailed', fields);
  const store = error instanceof StorageCsvError ? error : cause;
  if (store instanceof StorageCsvError && store.code !== 'DISK_FULL') process.exit(EXIT.software);
}

type OpenSink = Sink & { position: number };

function receiveInto(
  sink: OpenSink,
  feed: FeedPublisher,
  task: WriterTask,
  log: Log,
): { receiver: BatchReceiver; report: () => WriterReport } {
  const latencyNs = createHistogram();
  const receiver = new BatchReceiver({
    socketPath: task.recordSocket,
    handlers: {
      batch: async ({ payload }) => {
        const startedAtMs = systemClock.nowMs();
        sink.position += payload.length;
        await sink.append(payload, sink.position);
        feed.publish(payload);
        latencyNs.record(Math.max(1, Math.round((systemClock.nowMs() - startedAtMs) * 1e6)));
      },
      failed: (error) => storeFailed(error, log),
    },
  });
  const report = (): WriterReport => ({
    role: 'writer',
    rssBytes: process.memoryUsage.rss(),
    ...sink.stats(),
    writeLatencyMs: { p50: latencyNs.percentile(50) / 1e6, p99: latencyNs.percentile(99) / 1e6 },
  });
  return { receiver, report };
}
