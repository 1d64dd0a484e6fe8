import type { SinkStatus } from '../sink-board.ts';
import type { Metric, MetricsView } from './metrics-view.ts';

const STATES = ['opening', 'following', 'waiting', 'down'] as const;

/** Sinks that have a process of their own; what is behind is told with the queues. */
export function sinkMetrics({ status: { sinks } }: MetricsView): Metric[] {
  const metric = (type: Metric['type'], name: string, help: string, value: (sink: SinkStatus) => number): Metric => ({
    name, help, type, labels: ['sink'],
    samples: sinks.map((sink) => ({ labels: { sink: sink.name }, value: value(sink) })),
  }); // prettier-ignore
  return [
    metric('counter', 'recorder_sink_rows_total', 'Rows stored by a sink, those that were stored again after an error included', ({ rows }) => rows),
    metric('counter', 'recorder_sink_errors_total', 'Errors of the store of a sink', ({ errors }) => errors),
    metric('counter', 'recorder_sink_rejected_total', 'Records that a sink could not turn into rows', ({ rejected }) => rejected),
    metric('counter', 'recorder_sink_drops_total', 'How often the journal could not keep what a sink was behind by: gaps in that store', ({ drops }) => drops),
    {
      name: 'recorder_sink_state', help: '1 for the state that a sink is in', type: 'gauge', labels: ['sink', 'state'],
      samples: sinks.flatMap(({ name, state }) =>
        STATES.map((each) => ({ labels: { sink: name, state: each }, value: each === state ? 1 : 0 })),
      ),
    },
  ]; // prettier-ignore
}
