import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DayFile } from './day-files.ts';
import { StorageParquetError } from './errors.ts';

/** What is known of a closed file by what lies beside it. */
export interface Seal {
  readonly name: string;
  /** Of the file as it lies there; hexadecimal. */
  readonly sha256: string;
  /** By the manifest of the day, without a row that was not finished; undefined where that does not name the file. */
  readonly rows: number | undefined;
  /** Whether the last row is not whole. */
  readonly isUnfinished: boolean;
}

interface ManifestEntry {
  readonly rows: number;
  readonly sha256: string | undefined;
  readonly unfinishedBytes: number;
}

const READ_BYTES = 1024 * 1024;

/** The seals in a symbol's folder of one day. */
export class DaySeals {
  readonly #folder: string;
  readonly #entries: ReadonlyMap<string, ManifestEntry>;

  private constructor(folder: string, entries: ReadonlyMap<string, ManifestEntry>) {
    this.#folder = folder;
    this.#entries = entries;
  }

  /** A manifest that is missing or none says nothing; the checksums are there all the same. */
  static async read(folder: string, date: string): Promise<DaySeals> {
    const text = await readFile(join(folder, `manifest_${date}.json`), 'utf8').catch(() => '');
    return new DaySeals(folder, manifestEntries(text));
  }

  /** What seals a file. Rejects with `SEAL_BROKEN` when its seals contradict each other. */
  async of({ name, path }: DayFile): Promise<Seal> {
    const text = await readFile(join(this.#folder, `${name}.CHECKSUM`), 'utf8').catch(() => '');
    const sha256 = /^([0-9a-f]{64}) [ *](.+)\n?$/.exec(text);
    if (sha256?.[2] !== name)
      throw new StorageParquetError(
        'SEAL_BROKEN',
        path,
        `expected its sha256 in ${name}.CHECKSUM, was something else`,
      );
    const entry = this.#entries.get(name);
    if (entry?.sha256 !== undefined && entry.sha256 !== sha256[1])
      throw new StorageParquetError('SEAL_BROKEN', path, 'expected one sha256 in CHECKSUM and manifest, was two');
    const isUnfinished = (entry?.unfinishedBytes ?? 0) > 0;
    const rows = entry === undefined ? undefined : entry.rows - (isUnfinished ? 1 : 0);
    return { name, sha256: sha256[1]!, rows, isUnfinished };
  } // prettier-ignore
}

/** Reads a file to its end. Rejects with `SEAL_BROKEN` when it is not what its checksum says. */
export async function checkContent({ path }: DayFile, { sha256 }: Seal, signal?: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted();
    hash.update(piece as Buffer);
  }
  const was = hash.digest('hex');
  if (was !== sha256)
    throw new StorageParquetError('SEAL_BROKEN', path, `expected sha256 ${sha256}, was ${was}`);
}

function manifestEntries(text: string): ReadonlyMap<string, ManifestEntry> {
  const entries = new Map<string, ManifestEntry>();
  for (const value of filesOf(text)) {
    if (typeof value !== 'object' || value === null) continue;
    const { name, rows, sha256, packed, unfinishedBytes } = value as Readonly<Record<string, unknown>>;
    if (typeof name !== 'string' || !Number.isSafeInteger(rows)) continue;
    const stored =
      packed === undefined ? sha256 : (packed as Readonly<Record<string, unknown>> | null)?.['sha256'];
    entries.set(name, {
      rows: rows as number,
      sha256: typeof stored === 'string' ? stored : undefined,
      unfinishedBytes: Number(unfinishedBytes ?? 0),
    });
  }
  return entries;
}

function filesOf(text: string): readonly unknown[] {
  try {
    const manifest = JSON.parse(text) as { readonly files?: unknown } | null;
    return Array.isArray(manifest?.files) ? (manifest.files as unknown[]) : [];
  } catch {
    return [];
  }
}
