import type { QueueReport } from '../../control/messages.ts';
import { type Metric, type MetricsView, plain, type Sample } from './metrics-view.ts';

/** What waits: before the writer, in the journal, before the sinks. */
export function queueMetrics({
  status: { queues, processes },
  figures: { counters },
  journal,
}: MetricsView): Metric[] {
  const senders = new Set(processes.map(({ id }) => id));
  const isSender = ({ name }: QueueReport): boolean => senders.has(name);
  const before = queues.filter(isSender);
  const sinks = queues.filter((queue) => !isSender(queue));
  return [
    gauge('recorder_queue_bytes', 'What a process has not had confirmed by the writer, spool included', 'process', before, ({ bytes }) => bytes),
    gauge('recorder_queue_spooled_bytes', 'Those of the queue that are on disk because its memory is full', 'process', before, ({ spooledBytes }) => spooledBytes),
    gauge('recorder_queue_oldest_age_seconds', 'How long the oldest batch of the queue waits', 'process', before, age),
    gauge('recorder_sink_lag_bytes', 'What a sink has still to take from the journal', 'sink', sinks, ({ bytes }) => bytes),
    gauge('recorder_sink_lag_seconds', 'How long ago a sink that has something to take took something', 'sink', sinks, age),
    counter('recorder_refused_batches_total', 'Batches that did not fit into a queue; every stream in them has a gap row', ['role'], byRole(counters.refusedBatches)),
    counter('recorder_spool_failures_total', 'Failures of the disk of a spool', ['role'], byRole(counters.spoolFailures)),
    counter('recorder_duplicate_batches_total', 'Batches that came again although they were in the journal; not an error', [], plain(counters.duplicateBatches[''] ?? 0)),
    { name: 'recorder_journal_bytes', help: 'Size of the files of the journal', type: 'gauge', labels: [], samples: journal === undefined ? [] : plain(journal.bytes) },
    { name: 'recorder_disk_full', help: '1 while there is no room for what is recorded', type: 'gauge', labels: [], samples: journal === undefined ? [] : plain(journal.isDiskFull ? 1 : 0) },
  ]; // prettier-ignore
}

function age({ oldestAgeMs }: QueueReport): number {
  return oldestAgeMs / 1000;
}

function byRole(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([role, value]) => ({ labels: { role }, value }));
}

function counter(name: string, help: string, labels: readonly string[], samples: readonly Sample[]): Metric {
  return { name, help, type: 'counter', labels, samples };
}

function gauge(
  name: string,
  help: string,
  label: 'process' | 'sink',
  queues: readonly QueueReport[],
  value: (queue: QueueReport) => number,
): Metric {
  const samples = queues.map((queue) => ({ labels: { [label]: queue.name }, value: value(queue) }));
  return { name, help, type: 'gauge', labels: [label], samples };
}
