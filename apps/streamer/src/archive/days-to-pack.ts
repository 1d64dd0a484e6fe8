import { closedDays, isPartitionFolder } from '@org/storage-csv';
import type { DayOrder } from './pack-messages.ts';

/**
 * Closed files, by symbol and UTC day, the oldest day first. `paths` are below the output folder; those of a writer of
 * several machines begin with the folder of the partition.
 */
export function daysToPack(paths: readonly string[]): readonly DayOrder[] {
  const byPartition = new Map<string, string[]>();
  for (const path of paths) {
    const first = path.slice(0, Math.max(0, path.indexOf('/')));
    const partition = isPartitionFolder(first) ? first : '';
    const own = partition === '' ? path : path.slice(partition.length + 1);
    const known = byPartition.get(partition);
    if (known === undefined) byPartition.set(partition, [own]);
    else known.push(own);
  }
  const days = [...byPartition].flatMap(([partition, own]) =>
    closedDays(own).map((day): DayOrder => (partition === '' ? day : { ...day, partition })),
  );
  return days.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
}
