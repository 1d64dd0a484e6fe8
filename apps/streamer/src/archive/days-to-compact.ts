import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSymbol } from '@org/market-data';
import { dayFiles, parquetName } from '@org/storage-parquet';

/**
 * Days of a recording, `<SYMBOL>/<date>`, of which a kind has no Parquet file, or one that is older than the manifest of the
 * day; the oldest first. Whether they can be compacted is for who tries.
 */
export async function daysToCompact(outputDir: string, signal: AbortSignal): Promise<readonly string[]> {
  const days: (readonly [symbol: string, date: string])[] = [];
  for (const entry of await readdir(outputDir, { withFileTypes: true })) {
    signal.throwIfAborted();
    if (!entry.isDirectory() || !isSymbol(entry.name)) continue;
    for (const date of await datesToCompact(join(outputDir, entry.name))) days.push([entry.name, date]);
  }
  return days.sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).map((day) => day.join('/'));
}

async function datesToCompact(folder: string): Promise<readonly string[]> {
  const kindsByDate = new Map<string, Set<string>>();
  for (const { date, kind, isSealed } of await dayFiles(folder)) {
    if (isSealed) kindsByDate.set(date, (kindsByDate.get(date) ?? new Set()).add(kind));
  }
  const dates: string[] = [];
  for (const [date, kinds] of kindsByDate) {
    const manifestMs = (await modifiedMs(join(folder, `manifest_${date}.json`))) ?? -Infinity;
    const made = await Promise.all(
      [...kinds].map((kind) => modifiedMs(join(folder, parquetName(kind, date)))),
    );
    if (made.some((madeMs) => madeMs === undefined || madeMs < manifestMs)) dates.push(date);
  }
  return dates;
}

function modifiedMs(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
