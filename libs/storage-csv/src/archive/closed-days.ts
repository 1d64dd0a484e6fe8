import { dateOfPeriod } from '../file-names.ts';
import { parseStoredPath, storedPath } from '../sink/stored-file.ts';
import type { ClosedDay } from './pack-day.ts';

/** Closed files, by symbol and UTC day, the oldest day first. Paths that are none of files of rows are left out. */
export function closedDays(paths: Iterable<string>): readonly ClosedDay[] {
  const days = new Map<string, { folder: string; date: string; names: string[] }>();
  for (const path of paths) {
    const file = parseStoredPath(path);
    if (file === undefined) continue;
    const { folder } = file;
    const date = dateOfPeriod(file.period);
    const key = `${date}/${folder}`;
    const day = days.get(key) ?? { folder, date, names: [] };
    days.set(key, day);
    day.names.push(storedPath({ ...file, folder: '' }));
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, day]) => day);
}
