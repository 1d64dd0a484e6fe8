import { DISK_STAGES } from '../../disk/ladder.ts';
import { type Metric, type MetricsView, plain, type Sample } from './metrics-view.ts';

const LINE_RESULTS = ['written', 'suppressed', 'lost'] as const;

/** What becomes of what is stored: room, closed files, openings, log lines. */
export function storageMetrics(view: MetricsView): Metric[] {
  return [...diskMetrics(view), ...archiveMetrics(view), ...logMetrics(view)];
}

/** Nothing while the file system does not answer. */
function diskMetrics({ status: { disk } }: MetricsView): Metric[] {
  const known = (value: number | undefined): Sample[] => (value === undefined ? [] : plain(value));
  const stages = DISK_STAGES.map((stage) => ({ labels: { stage }, value: stage === disk?.stage ? 1 : 0 }));
  return [
    metric('gauge', 'recorder_disk_free_bytes', 'Room for the recordings', known(disk?.freeBytes)),
    metric('gauge', 'recorder_disk_size_bytes', 'Size of the file system of the recordings', known(disk?.totalBytes)),
    metric('gauge', 'recorder_disk_fill_bytes_per_second', 'How fast the recordings fill it', known(disk?.bytesPerSecond)),
    metric('gauge', 'recorder_disk_full_in_seconds', 'When it is full at the present rate; +Inf while it does not fill', known(disk === null ? undefined : (disk.fullInSeconds ?? Infinity))),
    metric('gauge', 'recorder_disk_stage', '1 for what storage.free_space asks for now', disk === null ? [] : stages, ['stage']),
    metric('gauge', 'recorder_disk_shed_streams', 'Streams that are not recorded for want of room', known(disk?.shedStreams.length)),
    metric('counter', 'recorder_retention_removed_bytes_total', 'Recordings that were older than storage.retention', known(disk?.retention.removedBytes)),
    metric('counter', 'recorder_retention_failures_total', 'Files that could not be removed, and are tried again', known(disk?.retention.failures)),
  ]; // prettier-ignore
}

function archiveMetrics({ status: { archive }, figures: { counters } }: MetricsView): Metric[] {
  const opening = (result: string): Sample => ({ labels: { result }, value: counters.openings[result] ?? 0 });
  return [
    metric('gauge', 'recorder_archive_waiting_files', 'Closed files that are not packed yet', plain(archive.waiting)),
    metric('gauge', 'recorder_archive_failed_files', 'Closed files that could not be packed; they stay as they are', plain(archive.failed)),
    metric('counter', 'recorder_archive_packed_files_total', 'Closed files that have their checksum and manifest', plain(archive.packed)),
    metric('counter', 'recorder_archive_read_bytes_total', 'Their content', plain(archive.bytesIn)),
    metric('counter', 'recorder_archive_written_bytes_total', 'What it was packed to', plain(archive.bytesOut)),
    metric('counter', 'recorder_openings_total', 'Depth files that began with the book, and that should have', ['written', 'missing'].map(opening), ['result']),
  ]; // prettier-ignore
}

function logMetrics({ logs }: MetricsView): Metric[] {
  const lines = LINE_RESULTS.map((result) => ({ labels: { result }, value: logs[result] }));
  return [
    metric('counter', 'recorder_log_lines_total', 'Lines in the log files, cut from storms, and lost for want of room', lines, ['result']),
  ]; // prettier-ignore
}

function metric(
  type: Metric['type'],
  name: string,
  help: string,
  samples: readonly Sample[],
  labels: readonly string[] = [],
): Metric {
  return { name, help, type, labels, samples };
}
