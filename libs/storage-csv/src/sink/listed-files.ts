import type { RowsPlace } from './stored-file.ts';
import { parseStoredPath } from './stored-file.ts';

/** What is known of a file that this process may write. */
export interface WrittenFile {
  readonly path: string;
  readonly place: RowsPlace;
  readonly length: number;
  /** Whether rows were appended since the last commit. */
  readonly isTouched: boolean;
}

/**
 * What the checkpoint of a commit lists, after everything was synced. A file leaves when no row came to it, nor to any
 * other file of its period, since the commit before: its day is over, and late rows would list it again. So the list
 * stays as long as a day has files, while a file with a row now and then is not listed anew for each.
 *
 * `listed` is what the checkpoint before lists, which is every file that was written since.
 */
export function filesToList(
  listed: ReadonlyMap<string, number>,
  written: Iterable<WrittenFile>,
): ReadonlyMap<string, number> {
  const byPath = new Map<string, WrittenFile>();
  const periods = new Set<string>();
  for (const file of written) {
    byPath.set(file.path, file);
    if (file.isTouched) periods.add(file.place.period);
  }
  if (periods.size === 0) return listed;
  const files = new Map<string, number>();
  for (const [path, length] of listed) {
    const file = byPath.get(path);
    const period = (file?.place ?? parseStoredPath(path)!).period;
    if (periods.has(period)) files.set(path, file?.length ?? length);
  }
  return files;
}

/**
 * The places that rows are about to come to, when these rows begin a new period: those of the period before. Listing
 * them together costs one checkpoint at midnight, where each by itself would cost one a file.
 */
export function placesToFollow(
  wanted: readonly RowsPlace[],
  known: Iterable<RowsPlace>,
): readonly RowsPlace[] {
  const before = [...known];
  const latest = before.reduce((last, { period }) => (period > last ? period : last), '');
  const next = wanted.reduce((first, { period }) => (period > first ? period : first), '');
  if (latest === '' || next <= latest) return [];
  return before
    .filter(({ period }) => period === latest)
    .map(({ folder, kind }) => ({ folder, kind, period: next }));
}
