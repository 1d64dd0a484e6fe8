import type { ProcessStatus } from '../recorder-status.ts';
import type { Metric, MetricsView } from './metrics-view.ts';

/** What each process costs. Counters of a process begin anew with it, as Prometheus expects. */
export function processMetrics({ status: { processes }, processFigures }: MetricsView): Metric[] {
  const metric = (
    type: Metric['type'],
    name: string,
    help: string,
    value: (process: ProcessStatus) => number | undefined,
  ): Metric => ({
    name,
    help,
    type,
    labels: ['process', 'role'],
    samples: processes.flatMap((process) => {
      const known = value(process);
      return known === undefined ? [] : { labels: { process: process.id, role: process.role }, value: known };
    }),
  });
  return [
    metric('gauge', 'recorder_process_up', 'Whether the process is ready', ({ state }) => (state === 'ready' ? 1 : 0)),
    metric('counter', 'recorder_process_restarts_total', 'How often the process was started anew after it ended by itself', ({ restarts }) => restarts),
    metric('gauge', 'recorder_process_resident_memory_bytes', 'Resident memory of the process', ({ rssBytes }) => rssBytes),
    metric('counter', 'recorder_process_cpu_seconds_total', 'User and system CPU time of the process', ({ id }) => processFigures(id)?.cpuSeconds),
  ]; // prettier-ignore
}
