import { Buffer } from 'node:buffer';
import { addGaps, NO_GAPS, type GapCounts } from './gap-facts.ts';
import type { StoredBytes } from './pack-file.ts';
import type { RowFacts } from './row-facts.ts';

/** What a manifest says of one file. */
export interface ManifestFile extends RowFacts {
  /** Of the file as it lies there, `depth_2026-11-22.csv.gz`. */
  readonly name: string;
  readonly kind: string;
  readonly period: string;
  readonly part: number;
  /** Of the packed file; absent where files are not packed. */
  readonly packed?: StoredBytes;
}

/** What the files cannot tell of a day, and whoever recorded it can; null where nobody knows. */
export interface DayFigures {
  /** Events that were not stored because they were already. */
  readonly duplicatesDropped: number | null;
  /** Connections that brought at least one event. */
  readonly connections: number | null;
}

/** `manifest_<date>.json`: what is known of the closed files of a symbol and a UTC day. */
export interface Manifest extends DayFigures {
  readonly version: 1;
  /** '' for what belongs to no symbol. */
  readonly symbol: string;
  readonly date: string;
  readonly recorderVersion: string;
  /** Sums over the files; bytes of the content, not packed. */
  readonly rows: number;
  readonly bytes: number;
  readonly gaps: GapCounts;
  /** By name. */
  readonly files: readonly ManifestFile[];
}

/** A larger one is none that was written here: it has some 800 bytes a file. */
export const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** `writer` is who packed the files, where several do so for one recording: then each has a manifest of its own. */
export function manifestName(date: string, writer?: string): string {
  return `manifest_${date}${writer === undefined ? '' : `.${writer}`}.json`;
}

/** The manifest of these files. */
export function makeManifest(
  of: Pick<Manifest, 'symbol' | 'date' | 'recorderVersion'>,
  figures: DayFigures,
  files: Iterable<ManifestFile>,
): Manifest {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    version: 1,
    symbol: of.symbol,
    date: of.date,
    recorderVersion: of.recorderVersion,
    rows: sorted.reduce((sum, { rows }) => sum + rows, 0),
    bytes: sorted.reduce((sum, { bytes }) => sum + bytes, 0),
    gaps: sorted.reduce((sum, { gaps }) => addGaps(sum, gaps ?? NO_GAPS), NO_GAPS),
    duplicatesDropped: figures.duplicatesDropped,
    connections: figures.connections,
    files: sorted,
  };
}

export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
}

/** What a manifest says that cannot be had from the files more cheaply, or at all. */
export interface KnownBefore extends DayFigures {
  readonly files: readonly ManifestFile[];
}

export const NOTHING_KNOWN: KnownBefore = { files: [], duplicatesDropped: null, connections: null };

/**
 * What a manifest says; nothing when the bytes are not one of this version: then its files are looked at again. Entries
 * and figures that are none are left out.
 */
export function parseManifest(bytes: Buffer): KnownBefore {
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(bytes.toString('utf8')) as Partial<Manifest> | null;
  } catch {
    return NOTHING_KNOWN;
  }
  if (manifest?.version !== 1 || !Array.isArray(manifest.files)) return NOTHING_KNOWN;
  return {
    files: manifest.files.filter(isEntry),
    duplicatesDropped: countOf(manifest.duplicatesDropped),
    connections: countOf(manifest.connections),
  };
}

/** A manifest is written again with what is known now: what it says already stands where that is nothing, or less. */
export function mergeFigures(before: DayFigures, now: DayFigures | undefined): DayFigures {
  if (now === undefined) return before;
  return {
    duplicatesDropped: greater(before.duplicatesDropped, now.duplicatesDropped),
    connections: greater(before.connections, now.connections),
  };
}

/** Counts of one day only grow: one that is less comes from a recorder that has not caught up yet. */
function greater(before: number | null, now: number | null): number | null {
  return now === null ? null : Math.max(before ?? 0, now);
}

function countOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

function isEntry(value: unknown): value is ManifestFile {
  if (typeof value !== 'object' || value === null) return false;
  const { name, rows, bytes, sha256, gaps } = value as Partial<ManifestFile>;
  const isCounted = Number.isSafeInteger(rows) && Number.isSafeInteger(bytes);
  const hasGaps = gaps === undefined || Number.isSafeInteger(gaps?.total);
  return typeof name === 'string' && typeof sha256 === 'string' && isCounted && hasGaps;
}
