import { formatBytes, formatCount, formatDuration, formatRate } from './format.ts';
import type { RecorderStatus, WriterStatus } from './recorder-status.ts';
import type { SymbolRow } from './symbol-rows.ts';

export interface Figure {
  readonly title: string;
  readonly value: string;
  readonly isBad?: boolean;
}

/** The figures that are looked at first. A writer of a cluster has no streams, and tells what it wrote. */
export function glance(status: RecorderStatus, rows: readonly SymbolRow[]): Figure[] {
  const writer = status.cluster?.writer ?? undefined;
  const restarts = sum(status.processes.map((process) => process.restarts));
  return [
    ...(writer === undefined ? streamFigures(status, rows) : writtenFigures(writer)),
    { title: 'Memory', value: formatBytes(sum(status.processes.map(({ rssBytes = 0 }) => rssBytes))) },
    { title: 'Restarts', value: formatCount(restarts), isBad: restarts > 0 },
  ];
}

function streamFigures(status: RecorderStatus, rows: readonly SymbolRow[]): Figure[] {
  const rates = rows.flatMap(({ eventsPerSecond }) => eventsPerSecond ?? []);
  const live = status.books.filter(({ state }) => state === 'live').length;
  const gaps = sum(rows.map((row) => row.gaps));
  const alarms = rows.filter((row) => row.alarms !== '').length;
  const oldestMs = Math.max(0, ...status.queues.map(({ oldestAgeMs }) => oldestAgeMs));
  return [
    { title: 'Events/s', value: formatRate(rates.length === 0 ? undefined : sum(rates)) },
    { title: 'Events', value: formatCount(sum(status.streams.map(({ events }) => events))) },
    { title: 'Books in sync', value: `${live} of ${status.books.length}`, isBad: live < status.books.length },
    { title: 'Gaps', value: formatCount(gaps), isBad: gaps > 0 },
    { title: 'Alarms', value: formatCount(alarms), isBad: alarms > 0 },
    { title: 'Oldest in a queue', value: formatDuration(oldestMs) },
  ];
}

function writtenFigures({ rows, gaps, commits, partitions }: WriterStatus): Figure[] {
  const lags = partitions.flatMap(({ lagMs }) => lagMs ?? []);
  const waiting = partitions.filter(({ isWaiting }) => isWaiting).length;
  return [
    { title: 'Rows', value: formatCount(rows) },
    { title: 'Gaps', value: formatCount(gaps), isBad: gaps > 0 },
    { title: 'Partitions', value: formatCount(partitions.length), isBad: partitions.length === 0 },
    { title: 'Behind', value: formatDuration(lags.length === 0 ? undefined : Math.max(...lags)) },
    { title: 'Wait for a collector', value: formatCount(waiting), isBad: waiting > 0 },
    { title: 'Commits', value: formatCount(commits) },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
