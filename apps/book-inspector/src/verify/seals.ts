import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SymbolFile, SymbolFiles } from '@org/storage-csv';
import { parseChecksum } from './checksum-file.ts';
import { digestOf, type FileDigest } from './file-digest.ts';
import type { FileFacts } from './file-facts.ts';
import type { FindingCode, Report, Severity } from './finding.ts';
import { parseManifest, type Manifest, type ManifestEntry } from './manifest.ts';

const GZ = '.gz';

interface NamedManifest extends Manifest {
  readonly file: string;
}

/** What seals the closed files of a symbol: CHECKSUM files and manifests; each is compared with what is found. */
export class Seals {
  readonly #found: SymbolFiles;
  readonly #report: Report;
  readonly #manifests: NamedManifest[] = [];
  /** By name of the file without `.gz`. */
  readonly #entries = new Map<string, { readonly entry: ManifestEntry; readonly file: string }>();
  /** By name of the file that it is about. */
  readonly #sums = new Map<string, string>();
  /** Rows of the gaps files that a manifest names. */
  readonly #gapRows = new Map<string, number>();

  constructor(found: SymbolFiles, report: Report) {
    this.#found = found;
    this.#report = report;
  }

  /** Reads them, and tells which files they name that are not there. */
  async load(): Promise<void> {
    for (const name of this.#found.manifests) await this.#loadManifest(name);
    for (const name of this.#found.checksums) await this.#loadChecksum(name);
    const names = new Set(this.#found.files.map((file) => stem(file.name)));
    for (const [name, { file }] of this.#entries)
      if (!names.has(name))
        this.#tell('error', 'FILE_MISSING', name, `${file} names it, and it is not there`);
    const exact = new Set(this.#found.files.map((file) => file.name));
    for (const name of this.#sums.keys())
      if (!exact.has(name) && !exact.has(stem(name)))
        this.#tell('error', 'FILE_MISSING', name, `${name}.CHECKSUM names it, and it is not there`);
  }

  /** Whether the content of the file must be hashed. */
  wantsContentHash(file: SymbolFile): boolean {
    return this.#entries.get(stem(file.name))?.entry.sha256 !== undefined;
  }

  /** Compares what is known of a file with what was found in it. */
  async check(file: SymbolFile, facts: FileFacts): Promise<void> {
    const sum = this.#sums.get(file.name);
    const found = this.#entries.get(stem(file.name));
    const isPacked = file.isCompressed;
    if (file.kind === 'gaps' && found !== undefined)
      this.#gapRows.set(found.file, (this.#gapRows.get(found.file) ?? 0) + (facts.rows ?? 0));
    // A file that cannot be read has its finding from the reading of its rows.
    const digest =
      isPacked || sum !== undefined ? await digestOf(file.path).catch(() => undefined) : undefined;
    if (sum !== undefined && digest !== undefined && digest.sha256 !== sum)
      this.#tell('error', 'CHECKSUM_WRONG', file.name, `expected sha256 ${sum}, was ${digest.sha256}`);
    if (isPacked && sum === undefined)
      this.#tell('warning', 'CHECKSUM_MISSING', file.name, 'a packed file without a CHECKSUM file');
    if (found !== undefined) this.#compare(file, found.entry, found.file, facts, digest);
    else if (isPacked && this.#manifests.length > 0)
      this.#tell('warning', 'MANIFEST_MISSING', file.name, 'no manifest names this packed file');
  }

  /** The gaps of each day, once all files are read. */
  end(): void {
    if (this.#manifests.length === 0 && this.#found.files.some(({ isCompressed }) => isCompressed))
      this.#tell(
        'note',
        'MANIFEST_MISSING',
        '',
        'no manifest: counts of the packed files were compared with nothing',
      );
    for (const { file, gaps, rows, bytes } of this.#manifests) {
      const gapRows = this.#gapRows.get(file) ?? 0;
      if (gaps !== undefined && gaps !== gapRows)
        this.#manifestWrong(file, `gaps: it says ${gaps}, the gaps files that it names have ${gapRows}`);
      for (const [key, { said, found }] of Object.entries({ rows, bytes }))
        if (said !== undefined && said !== found)
          this.#manifestWrong(file, `${key}: it says ${said}, its files add up to ${found}`);
    }
  }

  #compare(
    file: SymbolFile,
    entry: ManifestEntry,
    manifest: string,
    facts: FileFacts,
    digest: FileDigest | undefined,
  ): void {
    // A file that could not be read has its finding, and counts of a part of it say nothing.
    if (facts.rows !== undefined) {
      const isPlain = !file.isCompressed;
      const found: readonly (readonly [keyof ManifestEntry, readonly unknown[]])[] = [
        ['rows', [facts.rows]],
        ['bytes', [facts.bytes]],
        ['sha256', facts.sha256 === undefined ? [] : [facts.sha256]],
        ['packedBytes', isPlain ? [] : [digest?.bytes]],
        ['packedSha256', isPlain ? [] : [digest?.sha256]],
        ['firstId', facts.firstIds],
        ['lastId', facts.lastIds],
        ['firstTimeUs', facts.firstUs === undefined ? [] : [facts.firstUs]],
        ['lastTimeUs', facts.lastUs === undefined ? [] : [facts.lastUs]],
      ];
      for (const [key, values] of found) {
        const expected = entry[key];
        if (expected === undefined || values.length === 0 || values.includes(expected)) continue;
        const message = `${key}: ${manifest} says ${expected}, was ${String(values[0])}`;
        this.#manifestWrong(file.name, message);
      }
    } else if (
      digest !== undefined &&
      entry.packedSha256 !== undefined &&
      entry.packedSha256 !== digest.sha256
    ) {
      const message = `packedSha256: ${manifest} says ${entry.packedSha256}, was ${digest.sha256}`;
      this.#manifestWrong(file.name, message);
    }
  }

  async #loadManifest(file: string): Promise<void> {
    const manifest = parseManifest(await this.#text(file));
    if (manifest === undefined)
      return this.#manifestWrong(file, 'expected a manifest of version 1, was something else');
    if (manifest.symbol !== undefined && manifest.symbol !== this.#found.symbol)
      this.#manifestWrong(file, `expected symbol ${this.#found.symbol}, was ${manifest.symbol}`);
    this.#manifests.push({ ...manifest, file });
    for (const entry of manifest.entries) this.#entries.set(stem(entry.name), { entry, file });
  }

  async #loadChecksum(file: string): Promise<void> {
    const about = file.slice(0, -'.CHECKSUM'.length);
    const line = parseChecksum(await this.#text(file));
    if (line?.name !== about)
      return this.#tell(
        'error',
        'CHECKSUM_WRONG',
        file,
        `expected one line with a sha256 and ${about}, was something else`,
      );
    this.#sums.set(about, line.sha256);
  }

  /** Empty for a file that is gone or cannot be read, which is then no manifest and no checksum. */
  #text(file: string): Promise<string> {
    return readFile(join(this.#found.folder, file), 'utf8').catch(() => '');
  }

  #manifestWrong(file: string, message: string): void {
    this.#tell('error', 'MANIFEST_WRONG', file, message);
  }

  #tell(severity: Severity, code: FindingCode, file: string, message: string): void {
    this.#report({
      severity,
      code,
      file: file === '' ? this.#found.symbol : `${this.#found.symbol}/${file}`,
      message,
    });
  }
}

/** The name that a file had before it was packed. */
function stem(name: string): string {
  return name.endsWith(GZ) ? name.slice(0, -GZ.length) : name;
}
