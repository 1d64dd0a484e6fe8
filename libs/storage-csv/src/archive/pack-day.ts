import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { StorageCsvError, writeError } from '../errors.ts';
import { checksumName, dateOfPeriod, parseFileName } from '../file-names.ts';
import { readAt } from '../sink/read-at.ts';
import {
  formatManifest,
  makeManifest,
  MANIFEST_BYTES_MAX,
  manifestName,
  mergeFigures,
  NOTHING_KNOWN,
  parseManifest,
  type DayFigures,
  type KnownBefore,
  type ManifestFile,
} from './manifest.ts';
import {
  checkLength,
  packedFacts,
  packFile,
  plainFacts,
  type PackedFacts,
  type PackOptions,
} from './pack-file.ts';
import type { RowFacts } from './row-facts.ts';
import { isTemporary, writeWhole } from './write-whole.ts';

/** Closed files of one symbol and UTC day. */
export interface ClosedDay {
  /** The symbol; '' for the output folder itself. */
  readonly folder: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** Names of files of rows, not packed: `depth_2026-11-22.csv`. */
  readonly names: readonly string[];
}

export interface PackDayOptions extends PackOptions {
  readonly outputDir: string;
  readonly compression: 'gzip' | 'none';
  /** Stands in the manifest. */
  readonly recorderVersion: string;
  /**
   * One of several writers whose folders are put together: 1 to 64 letters, digits, `_`, `-`. Stands in the name of the
   * manifest, `manifest_<date>.<writer>.json`. Default: there is only one.
   */
  readonly writer?: string | undefined;
  /**
   * Stand in the manifest; without them those of the manifest before do. Null says that nobody knows, whatever stood
   * there before.
   */
  readonly figures?: DayFigures | undefined;
  /** A file is begun. */
  readonly began?: (path: string) => void;
}

/** What became of one file, by its path below the output folder. */
export type PackOutcome =
  /** It has its checksum and its place in the manifest. `bytesOut` is 0 where it was packed before, or is not packed. */
  | { readonly path: string; readonly result: 'packed'; readonly bytesIn: number; readonly bytesOut: number }
  /** There is no such file, packed or not. */
  | { readonly path: string; readonly result: 'gone' }
  /** It had no byte, and is removed: of a commit that was undone. */
  | { readonly path: string; readonly result: 'empty' }
  /** It is as it was; `code` is one of {@link StorageCsvError}, or of the system. */
  | { readonly path: string; readonly result: 'failed'; readonly code: string; readonly problem: string };

/**
 * Packs closed files of a day, writes their checksums and the manifest of the day, and only then removes what is packed:
 * whatever ends it on its way, calling it again makes everything complete, and a reader that prefers the file that is not
 * packed sees every row once. Files that cannot be packed are left as they are, and the others go on; without room
 * (`DISK_FULL`) all that are left fail. Rejects only when `signal` is aborted.
 */
export async function packDay(day: ClosedDay, options: PackDayOptions): Promise<readonly PackOutcome[]> {
  const work = new DayWork(day, options);
  try {
    return await work.run();
  } catch (error) {
    options.signal?.throwIfAborted();
    return day.names.map((name) => work.failure(name, error));
  }
}

/** A file that only needs its last step. */
interface Prepared {
  readonly name: string;
  readonly entry: ManifestFile;
  readonly bytesOut: number;
}

class DayWork {
  readonly #day: ClosedDay;
  readonly #options: PackDayOptions;
  readonly #folder: string;
  readonly #entries = new Map<string, ManifestFile>();
  #names: ReadonlySet<string> = new Set();
  #before = NOTHING_KNOWN;

  constructor(day: ClosedDay, options: PackDayOptions) {
    this.#day = day;
    this.#options = options;
    this.#folder = join(options.outputDir, day.folder);
  }

  async run(): Promise<readonly PackOutcome[]> {
    const outcomes: PackOutcome[] = [];
    await this.#look();
    const prepared: Prepared[] = [];
    for (const name of [...this.#day.names].sort()) {
      const before = outcomes.at(-1);
      if (before?.result === 'failed' && before.code === 'DISK_FULL') {
        outcomes.push({ ...before, path: this.#path(name) });
        continue;
      }
      const made = await this.#attempt(name, () => this.#prepare(name));
      if ('entry' in made) prepared.push(made);
      else outcomes.push(made);
    }
    if (prepared.length > 0) await this.#writeManifest(prepared);
    for (const each of prepared) outcomes.push(await this.#attempt(each.name, () => this.#finish(each)));
    return outcomes;
  }

  failure(name: string, error: unknown): PackOutcome {
    const typed = error instanceof StorageCsvError ? error : writeError(this.#folder, error);
    const system = (typed.cause as NodeJS.ErrnoException | undefined)?.code;
    const code = typed.code === 'SINK_WRITE_FAILED' ? (system ?? typed.code) : typed.code;
    return { path: this.#path(name), result: 'failed', code, problem: typed.message };
  }

  async #attempt<T>(name: string, step: () => Promise<T>): Promise<T | PackOutcome> {
    try {
      return await step();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      return this.failure(name, error);
    }
  }

  /** Sees what is there, and removes what packers before left unfinished. */
  async #look(): Promise<void> {
    const { fileSystem } = this.#options;
    const names = (await fileSystem.list(this.#folder)).map(({ name }) => name);
    for (const name of names.filter(isTemporary)) await fileSystem.removeFile(join(this.#folder, name));
    this.#names = new Set(names);
    this.#before = await this.#readManifest();
    for (const entry of this.#before.files) this.#entries.set(entry.name, entry);
  }

  async #readManifest(): Promise<KnownBefore> {
    const name = manifestName(this.#day.date, this.#options.writer);
    if (!this.#names.has(name)) return NOTHING_KNOWN;
    const file = await this.#options.fileSystem.openExisting(join(this.#folder, name));
    try {
      const size = await file.size();
      return size > MANIFEST_BYTES_MAX ? NOTHING_KNOWN : parseManifest(await readAt(file, 0, size));
    } finally {
      await file.close();
    }
  }

  async #prepare(name: string): Promise<Prepared | PackOutcome> {
    const { began, compression } = this.#options;
    const gzName = `${name}.gz`;
    const [isThere, isPacked] = [this.#names.has(name), this.#names.has(gzName)];
    if (!isThere && !isPacked) return { path: this.#path(name), result: 'gone' };
    const entry = this.#entries.get(gzName);
    // Killed before it could say that it was done.
    if (!isThere && entry !== undefined && this.#names.has(checksumName(gzName))) {
      return { path: this.#path(name), result: 'packed', bytesIn: entry.bytes, bytesOut: 0 };
    }
    if (isThere && !isPacked && (await this.#isEmpty(name))) {
      await this.#options.fileSystem.removeFile(this.#full(name));
      return { path: this.#path(name), result: 'empty' };
    }
    began?.(this.#path(name));
    if (isPacked || compression === 'gzip') return this.#prepareGzip(name, isThere, isPacked);
    const facts = await plainFacts(this.#full(name), kindOf(name), this.#options);
    return { name, entry: entryOf(name, name, facts), bytesOut: 0 };
  }

  async #isEmpty(name: string): Promise<boolean> {
    const file = await this.#options.fileSystem.openExisting(this.#full(name));
    try {
      return (await file.size()) === 0;
    } finally {
      await file.close();
    }
  }

  async #prepareGzip(name: string, isThere: boolean, isPacked: boolean): Promise<Prepared> {
    const gzName = `${name}.gz`;
    const pack = () => packFile(this.#full(name), this.#full(gzName), kindOf(name), this.#options);
    const { facts, packed } = isPacked ? await this.#packedBefore(name, isThere) : await pack();
    await this.#writeChecksum(gzName, packed.sha256);
    return { name, entry: entryOf(name, gzName, facts, packed), bytesOut: isPacked ? 0 : packed.bytes };
  }

  /** Somebody was killed behind the packing. What is packed must be what is to be removed, or nothing is. */
  async #packedBefore(name: string, isThere: boolean): Promise<PackedFacts> {
    const gzPath = this.#full(`${name}.gz`);
    const before = await packedFacts(gzPath, kindOf(name), this.#options);
    if (!isThere) return before;
    const plain = await plainFacts(this.#full(name), kindOf(name), this.#options);
    if (plain.sha256 === before.facts.sha256) return before;
    throw new StorageCsvError('SEGMENT_CORRUPT', gzPath, `expected the content of ${name}, was other`);
  }

  async #writeManifest(prepared: readonly Prepared[]): Promise<void> {
    const { fileSystem, token, recorderVersion, writer, figures } = this.#options;
    const { folder: symbol, date } = this.#day;
    for (const { entry } of prepared) this.#entries.set(entry.name, entry);
    await this.#describeOthers();
    const manifest = makeManifest(
      { symbol, date, recorderVersion },
      mergeFigures(this.#before, figures),
      this.#entries.values(),
    );
    await writeWhole(fileSystem, this.#full(manifestName(date, writer)), token, formatManifest(manifest));
    // Packed files, checksums and manifest have their names before anything goes.
    await fileSystem.syncFolder(this.#folder);
  }

  /** Packed files that the manifest does not have: it was lost, or they were packed by somebody else. */
  async #describeOthers(): Promise<void> {
    for (const gzName of this.#names) {
      const parts = parseFileName(gzName);
      if (parts?.isCompressed !== true || dateOfPeriod(parts.period) !== this.#day.date) continue;
      const name = gzName.slice(0, -'.gz'.length);
      // What lies there twice is a day's own file, or will be.
      if (this.#entries.has(gzName) || this.#names.has(name)) continue;
      const described = await packedFacts(this.#full(gzName), parts.kind, this.#options).catch(
        () => undefined,
      );
      this.#options.signal?.throwIfAborted();
      if (described === undefined) continue;
      this.#entries.set(gzName, entryOf(name, gzName, described.facts, described.packed));
    }
  }

  async #finish({ name, entry, bytesOut }: Prepared): Promise<PackOutcome> {
    const { fileSystem } = this.#options;
    if (entry.packed === undefined) {
      await this.#writeChecksum(name, entry.sha256);
      await fileSystem.syncFolder(this.#folder);
    } else if (this.#names.has(name)) {
      await checkLength(fileSystem, this.#full(name), entry.bytes);
      await fileSystem.removeFile(this.#full(name));
    }
    return { path: this.#path(name), result: 'packed', bytesIn: entry.bytes, bytesOut };
  }

  /** A line as `sha256sum` writes it, for the file beside. */
  async #writeChecksum(name: string, sha256: string): Promise<void> {
    const { fileSystem, token } = this.#options;
    await writeWhole(fileSystem, this.#full(checksumName(name)), token, Buffer.from(`${sha256}  ${name}\n`));
  }

  #full(name: string): string {
    return join(this.#folder, name);
  }

  #path(name: string): string {
    return this.#day.folder === '' ? name : `${this.#day.folder}/${name}`;
  }
}

function entryOf(
  name: string,
  storedName: string,
  facts: RowFacts,
  packed?: ManifestFile['packed'],
): ManifestFile {
  const { kind, period, part } = parseFileName(name)!;
  return { name: storedName, kind, period, part, ...facts, ...(packed === undefined ? {} : { packed }) };
}

function kindOf(name: string): string {
  return parseFileName(name)!.kind;
}
