import { createHistogram } from 'node:perf_hooks';
import { systemClock } from '@org/binance-client';
import { BatchReceiver, FeedPublisher } from '@org/flow';
import { CsvSink } from '@org/storage-csv';
import { childControl } from '@org/supervision';
import { reportRegularly } from '../control/child-reports.ts';
import type { WriterReport } from '../control/messages.ts';
import type { WriterTask } from '../control/task.ts';
import { childLog, errorFields } from '../logging/child-log.ts';

/** How often what was written is forced to the device. */
const COMMIT_INTERVAL_MS = 1000;

/**
 * The writer: the one process that stores. It takes batches from all lanes, one at a time, acknowledges what is stored,
 * and passes every batch on to the followers (the order-book manager).
 */
export async function runWriter(task: WriterTask): Promise<void> {
  const log = childLog(task.config.logging.level);
  const sink = new CsvSink({
    outputDir: task.config.storage.outputDir,
    rotation: task.config.storage.rotation,
    events: { rejected: (rejection) => log.warn('RecordRejected', { ...rejection }) },
  });
  const opened = await sink.open();
  for (const repair of opened.repairs) log.warn('StoreRepaired', { ...repair });

  const feed = new FeedPublisher({ socketPath: task.feedSocket });
  const latencyNs = createHistogram();
  let position = opened.position;
  let batches = 0;
  let lastAckAtMs: number | undefined;
  const receiver = new BatchReceiver({
    socketPath: task.recordSocket,
    handlers: {
      batch: async ({ payload }) => {
        const startedAtMs = systemClock.nowMs();
        position += payload.length;
        await sink.append(payload, position);
        feed.publish(payload);
        batches++;
        lastAckAtMs = Date.now();
        latencyNs.record(Math.max(1, Math.round((systemClock.nowMs() - startedAtMs) * 1e6)));
      },
      failed: (error) => log.error('BatchFailed', errorFields(error)),
    },
  });
  const report = (): WriterReport => ({
    role: 'writer',
    rssBytes: process.memoryUsage.rss(),
    ...sink.stats(),
    batches,
    lastAckAtMs,
    writeLatencyMs: { p50: latencyNs.percentile(50) / 1e6, p99: latencyNs.percentile(99) / 1e6 },
  });
  await feed.listen();
  await receiver.listen();
  const reports = reportRegularly(systemClock, report);
  const commits = commitRegularly(sink, (error) => log.error('CommitFailed', errorFields(error)));

  childControl({
    stop: async () => {
      await receiver.close();
      await commits.stop();
      await sink.close();
      await feed.close();
      reports.stop();
    },
  });
}

/** Commits one after the other, never two at once. */
function commitRegularly(sink: CsvSink, failed: (error: unknown) => void): { stop(): Promise<void> } {
  let stopped = false;
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(async () => {
        if (!stopped) await sink.commit();
      })
      .catch(failed);
  }, COMMIT_INTERVAL_MS);
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
      return running;
    },
  };
}
