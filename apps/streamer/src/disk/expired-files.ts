import type { Periods } from '@org/storage-csv';
import { checksumName, isManifestName, parseStoredName, type StoredName } from './stored-names.ts';

/** Something that retention removes. */
export interface ExpiredFile {
  /** Below the output folder; '' for the output folder itself. */
  readonly folder: string;
  readonly name: string;
  /** UTC day. */
  readonly date: string;
  /** When its period was over, milliseconds since the epoch. */
  readonly endMs: number;
  /** Goes before it does, so that no checksum is ever without its file. */
  readonly checksum: string | undefined;
}

export interface ExpiryRule {
  /** Periods that were over by then are expired, milliseconds since the epoch. */
  readonly endsBeforeMs: number;
  /** Paths below the output folder that a sink may still write to, packed or not. */
  readonly listed: ReadonlySet<string>;
  /** How long periods last. */
  readonly periods: Periods;
}

/**
 * What is expired of the files in one folder, in no order: data with their checksums, checksums that have lost their
 * file, and manifests of days of which nothing will be left.
 */
export function expiredFiles(folder: string, names: readonly string[], rule: ExpiryRule): ExpiredFile[] {
  const present = new Set(names);
  const kept = new Set<string>();
  const expired: ExpiredFile[] = [];
  const manifests: ExpiredFile[] = [];
  for (const name of names) {
    const stored = parseStoredName(name, rule.periods);
    if (stored === undefined) continue;
    const { date, endMs } = stored;
    const checksum = present.has(checksumName(name)) ? checksumName(name) : undefined;
    const file = { folder, name, date, endMs, checksum };
    if (!isExpired(folder, stored, rule)) kept.add(date);
    else if (stored.type === 'manifest') manifests.push(file);
    else if (stored.type === 'data' || !present.has(stored.of)) expired.push(file);
  }
  return [...expired, ...manifests.filter(({ date }) => !kept.has(date))];
}

function isExpired(folder: string, stored: StoredName, { endsBeforeMs, listed }: ExpiryRule): boolean {
  if (stored.endMs > endsBeforeMs) return false;
  if (stored.type !== 'data') return true;
  return !listed.has(folder === '' ? stored.unpackedName : `${folder}/${stored.unpackedName}`);
}

/** Oldest first; files of one day and folder stand together, its manifest behind them. */
export function compareExpired(left: ExpiredFile, right: ExpiredFile): number {
  return (
    compare(left.date, right.date) ||
    compare(left.folder, right.folder) ||
    left.endMs - right.endMs ||
    Number(isManifest(left)) - Number(isManifest(right)) ||
    compare(left.name, right.name)
  );
}

export function isManifest({ name }: ExpiredFile): boolean {
  return isManifestName(name);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
