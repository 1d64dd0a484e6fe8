import { Counter, Gauge, Registry } from 'prom-client';
import { BucketHistogram } from './bucket-histogram.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import type { Metric, MetricsView } from './metrics-view.ts';
import { processMetrics } from './process-metrics.ts';
import { queueMetrics } from './queue-metrics.ts';
import { recorderMetrics } from './recorder-metrics.ts';
import { sinkMetrics } from './sink-metrics.ts';
import { storageMetrics } from './storage-metrics.ts';
import { streamMetrics } from './stream-metrics.ts';

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The view in the Prometheus text format, version 0.0.4. A registry of its own each time: values are not kept here. */
export function renderMetrics(view: MetricsView): Promise<string> {
  const registry = new Registry();
  const metrics = [
    ...recorderMetrics(view),
    ...streamMetrics(view),
    ...queueMetrics(view),
    ...storageMetrics(view),
    ...sinkMetrics(view),
    ...clusterMetrics(view),
    ...processMetrics(view),
  ];
  for (const metric of metrics) register(metric, registry);
  registerHistograms(view, registry);
  return registry.metrics();
}

function register({ name, help, type, labels, samples }: Metric, registry: Registry): void {
  // Without labels the library makes a 0 of what is not known.
  if (samples.length === 0 && labels.length === 0) return;
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  if (type === 'counter') {
    const counter = new Counter(options);
    for (const { labels: values, value } of samples) counter.inc(values, value);
  } else {
    const gauge = new Gauge(options);
    for (const { labels: values, value } of samples) gauge.set(values, value);
  }
}

function registerHistograms({ figures: { durations } }: MetricsView, registry: Registry): void {
  for (const [figure, name, label, help] of HISTOGRAMS)
    new BucketHistogram({ name, help, label, series: durations[figure], registry });
}

const HISTOGRAMS = [
  [
    'journalCommit',
    'recorder_journal_commit_seconds',
    undefined,
    'From the arrival of a batch at the writer until it is durable in the journal',
  ],
  [
    'receiptToDurable',
    'recorder_receipt_to_durable_seconds',
    undefined,
    'From the receipt of the first message of a batch until the batch is durable; the others of it waited less',
  ],
  [
    'eventToReceipt',
    'recorder_event_to_receipt_seconds',
    'kind',
    'From the event time of the exchange to the receipt here, of one event in 32 of each stream. The offset between the ' +
      'two clocks is in it: without a synchronised clock only changes mean something, and negative values (le="0") are a ' +
      'clock that is behind',
  ],
  [
    'loopLag',
    'recorder_event_loop_lag_seconds',
    'role',
    'How much later than due the event loop of a process came round, the worst of each second',
  ],
] as const;
