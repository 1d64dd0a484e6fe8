import type { CsvFile } from './csv-rows.ts';
import type { DayFile } from './day-files.ts';
import { firstLines, StorageParquetError } from './errors.ts';
import { temporaryPath } from './place.ts';
import { checkContent, type DaySeals, type Seal } from './seals.ts';
import { checkGzip, copyWholeLines } from './whole-lines.ts';

/** CSV files that are proven whole, or copies of their whole lines. */
export interface CsvSources {
  readonly files: readonly CsvFile[];
  /** By the manifest; undefined unless it names all of them. */
  readonly rows: number | undefined;
}

interface Prepared {
  readonly file: CsvFile;
  readonly rows: number | undefined;
}

/**
 * Makes files ready to be read: a sealed one is compared with its checksum, a packed one without a checksum is unpacked to see
 * that it is whole, and of one to which rows may come, its whole lines are copied beside `target`. A file that is gone
 * rejects with ENOENT.
 */
export async function prepareSources(
  dayFiles: readonly DayFile[],
  seals: DaySeals,
  place: { readonly target: string; readonly token: string; readonly signal?: AbortSignal | undefined },
): Promise<CsvSources> {
  const prepared: Prepared[] = [];
  for (const [index, file] of dayFiles.entries()) {
    const copy = temporaryPath(place.target, `${place.token}-${index}`);
    prepared.push(await prepare(file, file.isSealed ? await seals.of(file) : undefined, copy, place.signal));
  }
  const rows = prepared.reduce<number | undefined>(
    (sum, { rows: more }) => (sum === undefined || more === undefined ? undefined : sum + more),
    0,
  );
  return { files: prepared.map(({ file }) => file), rows };
}

async function prepare(
  file: DayFile,
  seal: Seal | undefined,
  copy: string,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { path, isCompressed } = file;
  if (seal !== undefined) await checkContent(file, seal, signal);
  if (seal?.isUnfinished === true || (seal === undefined && !isCompressed)) {
    await copyWholeLines(path, isCompressed, copy);
    return { file: { path: copy, isCompressed: false }, rows: seal?.rows };
  }
  if (seal === undefined) await checkGzip(path, signal).catch((cause: unknown) => damaged(path, cause));
  return { file: { path, isCompressed }, rows: seal?.rows };
}

function damaged(path: string, cause: unknown): never {
  if (!String((cause as NodeJS.ErrnoException).code).startsWith('Z_')) throw cause;
  throw new StorageParquetError('CSV_UNREADABLE', path, `expected whole gzip data, was ${firstLines(cause)}`, cause);
} // prettier-ignore
