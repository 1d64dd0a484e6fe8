import { type Metric, type MetricsView, plain, type Sample } from './metrics-view.ts';

const STATES = ['starting', 'healthy', 'degraded', 'stopping'] as const;

/** The recorder as a whole: what it is, how it is, what it may still ask the exchange for. */
export function recorderMetrics(view: MetricsView): Metric[] {
  const { version, market, nowMs, startedAtMs, status } = view;
  const info = { version, node: process.versions.node, market };
  return [
    gauge('recorder_build_info', 'Always 1; the labels say what runs', [{ labels: info, value: 1 }]),
    gauge(
      'recorder_start_time_seconds',
      'When the recorder began, since the epoch',
      plain(startedAtMs / 1000),
    ),
    gauge(
      'recorder_uptime_seconds',
      'How long the recorder has been running',
      plain((nowMs - startedAtMs) / 1000),
    ),
    gauge('recorder_state', '1 for the state that the recorder is in', stateSamples(status.state)),
    gauge(
      'recorder_ready',
      'Whether every stream delivers and the writer keeps up, as /readyz says',
      plain(status.obstacles.length === 0 ? 1 : 0),
    ),
    ...budgetMetrics(view),
  ];
}

function stateSamples(current: string): Sample[] {
  return STATES.map((state) => ({ labels: { state }, value: state === current ? 1 : 0 }));
}

/** Nothing rather than a wrong value where the account cannot be read. */
function budgetMetrics({ budget }: MetricsView): Metric[] {
  const hold = budget?.hold;
  const heldSeconds = (reason: string): number => (hold?.reason === reason ? hold.remainingMs / 1000 : 0);
  return [
    gauge(
      'recorder_rest_weight_used',
      'Request weight that this machine has used within the last minute, all recorders together',
      budget === undefined ? [] : plain(budget.usedWeight),
    ),
    gauge(
      'recorder_rest_weight_limit',
      'Request weight that the exchange allows in a minute',
      budget === undefined ? [] : plain(budget.limitPerMinute),
    ),
    gauge(
      'recorder_rest_hold_seconds',
      'How long the exchange still forbids requests, by what it answered: rate-limited (429) or banned (418); 0 when it does not',
      budget === undefined
        ? []
        : ['rate-limited', 'banned'].map((reason) => ({ labels: { reason }, value: heldSeconds(reason) })),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  const labels = Object.keys(samples[0]?.labels ?? {});
  return { name, help, type: 'gauge', labels, samples };
}
