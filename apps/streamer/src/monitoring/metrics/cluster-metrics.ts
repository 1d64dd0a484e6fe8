import { type Metric, type MetricsView, plain } from './metrics-view.ts';

/** What goes between machines. Nothing where one machine does everything. */
export function clusterMetrics({ status: { cluster } }: MetricsView): Metric[] {
  if (cluster === null) return [];
  const { problem, forwarder, writer, follower } = cluster;
  const metric = (type: Metric['type'], name: string, help: string, value: number | undefined): Metric => ({
    name, help, type, labels: [], samples: value === undefined ? [] : plain(value),
  }); // prettier-ignore
  const lags = [...(writer?.partitions ?? []), ...(follower === null ? [] : [follower])].flatMap(
    ({ lagMs }) => lagMs ?? [],
  );
  return [
    metric('gauge', 'recorder_cluster_problem', '1 while the servers cannot be reached or refuse', problem === null ? 0 : 1),
    metric('gauge', 'recorder_cluster_uncommitted_bytes', 'What the journal of a collector keeps because no writer has committed it', forwarder?.backlogBytes),
    metric('gauge', 'recorder_cluster_uncommitted_seconds', 'How long ago writers committed something, if they have not committed everything', forwarder === null ? undefined : forwarder.backlogAgeMs / 1000),
    metric('counter', 'recorder_cluster_forwarded_bytes_total', 'What the servers have acknowledged, repetitions included', forwarder?.bytes),
    metric('counter', 'recorder_cluster_rewinds_total', 'How often a collector sent again because a writer missed something', forwarder?.rewinds),
    metric('counter', 'recorder_cluster_hold_drops_total', 'How often the disk had no room for what was not committed: gaps', forwarder?.drops),
    metric('gauge', 'recorder_cluster_partitions', 'Partitions that this writer has', writer?.partitions.length),
    metric('gauge', 'recorder_cluster_waiting_partitions', 'Those in which rows wait for another collector', writer?.partitions.filter(({ isWaiting }) => isWaiting).length),
    metric('gauge', 'recorder_cluster_held_bytes', 'What is held in them', writer?.partitions.reduce((sum, { heldBytes }) => sum + heldBytes, 0)),
    metric('counter', 'recorder_cluster_overflows_total', 'How often too much was held to wait any longer: perhaps gaps', writer?.overflows),
    metric('gauge', 'recorder_cluster_lag_seconds', 'Age of the latest record: of a writer in the partition that is furthest behind', lags.length === 0 ? undefined : Math.max(...lags) / 1000),
    metric('gauge', 'recorder_cluster_refused_partitions', 'Partitions whose files here are not what was confirmed; a person has to look', writer?.refused.length),
    metric('counter', 'recorder_cluster_gaps_total', 'Gaps in what this writer stores, when they are found', writer?.gaps),
    metric('counter', 'recorder_cluster_commits_total', 'Commits of this writer that were confirmed', writer?.commits),
    metric('counter', 'recorder_cluster_undone_commits_total', 'Commits that were never confirmed, and were cut', writer?.undone),
    metric('counter', 'recorder_cluster_lost_leases_total', 'Partitions that went to others because a lease was not renewed in time', writer?.lostLeases),
    metric('counter', 'recorder_cluster_received_bytes_total', 'What a writer, or a machine that keeps books, has read from the servers', writer?.bytes ?? follower?.bytes),
    metric('counter', 'recorder_cluster_book_breaks_total', 'Depth streams that broke on the way to the books of this machine: each is a snapshot', follower?.breaks),
    metric('counter', 'recorder_cluster_snapshot_wishes_total', 'Snapshots that the books of this machine asked collectors for', follower?.wishes),
  ]; // prettier-ignore
}
