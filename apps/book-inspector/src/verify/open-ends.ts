import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { presentPath, type StoredEnd, type SymbolFiles } from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import type { FileFacts } from './file-facts.ts';
import type { FindingCode, Report } from './finding.ts';

/** What the recorder's checkpoint says of the files that are not closed, compared with what is there. */
export class OpenEnds {
  readonly #ends: ReadonlyMap<string, StoredEnd>;
  readonly #report: Report;

  /** By `<SYMBOL>/<name>`. */
  constructor(ends: ReadonlyMap<string, StoredEnd>, report: Report) {
    this.#ends = ends;
    this.#report = report;
  }

  of(name: string): StoredEnd | undefined {
    return this.#ends.get(name);
  }

  /** Files that the recorder believes to have, and that are neither there nor packed. */
  checkListed({ symbol, folder, files }: SymbolFiles): void {
    const names = new Set(files.map(({ name }) => name.replace(/\.gz$/, '')));
    for (const [listed, { bytes }] of this.#ends) {
      // A file that was begun and got no row is removed when the recorder stops.
      if (bytes === 0) continue;
      const name = listed.slice(symbol.length + 1);
      if (names.has(name) || existsSync(presentPath(join(folder, name)))) continue;
      this.#tell('FILE_MISSING', listed, "the recorder's checkpoint names it, and it is not there");
    }
  }

  /** What the checkpoint counts was on the device; a shorter file was cut since. */
  async checkLength(name: string, path: string): Promise<void> {
    const expected = this.#ends.get(name)?.bytes;
    if (expected === undefined || !name.endsWith('.csv') || path.endsWith('.gz')) return;
    const bytes = await sizeOf(path);
    if (bytes >= expected) return;
    const message = `expected at least ${expected} bytes, as the recorder's checkpoint says, was ${bytes}`;
    this.#tell('FILE_CUT', name, message, bytes);
  }

  checkContent(name: string, { sum }: FileFacts): void {
    const end = this.#ends.get(name);
    if (end?.sum === undefined || sum === undefined || sum === end.sum) return;
    const message = `its first ${end.bytes} bytes are not those that were written: expected CRC-32 ${hex(end.sum)}, as the recorder's checkpoint says, was ${hex(sum)}`;
    this.#tell('CONTENT_WRONG', name, message);
  }

  #tell(code: FindingCode, file: string, message: string, byteOffset?: number): void {
    const place = byteOffset === undefined ? {} : { byteOffset };
    this.#report({ severity: 'error', code, file, ...place, message });
  }
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
