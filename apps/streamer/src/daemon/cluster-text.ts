import { bytesText, plural, timeText } from './figures.ts';
import type { StatusTextOptions } from './status-text.ts';
import type { ClusterView, StatusView } from './status-view.ts';

/** What this machine does among others, and what is wrong with that. */
export function clusterLines(
  { cluster, concerns }: StatusView,
  { paint }: Pick<StatusTextOptions, 'paint'>,
): string[] {
  if (cluster === undefined) return [];
  const { role, node, problem } = cluster;
  const parts = [
    `${role} ${node}`,
    ...forwardedParts(cluster),
    ...writtenParts(cluster),
    ...followedParts(cluster),
  ];
  // Of a collector the problem is a concern: it records.
  const wrong = [...(role !== 'collector' && problem !== undefined ? [problem] : []), ...concerns];
  return [`cluster  ${parts.join(', ')}`, ...wrong.map((each) => paint('bad', `         ${each}`))];
}

function forwardedParts({ backlogBytes, backlogAgeMs }: ClusterView): string[] {
  if (backlogBytes === undefined) return [];
  return [`${bytesText(backlogBytes)} not committed by writers, for ${timeText(backlogAgeMs)}`];
}

function writtenParts({ partitions, lagMs, commits, waiting }: ClusterView): string[] {
  if (partitions === undefined) return [];
  const parts = [plural(partitions, 'partition'), `${timeText(lagMs)} behind`, plural(commits, 'commit')];
  return waiting === 0 ? parts : [...parts, `rows of ${waiting} wait for a collector`];
}

function followedParts({ followed, lagMs }: ClusterView): string[] {
  return followed === undefined
    ? []
    : [`${plural(followed, 'partition')} followed`, `${timeText(lagMs)} behind`];
}
