import { open } from 'node:fs/promises';
import { gunzipSync, constants } from 'node:zlib';
import { firstLines, StorageParquetError } from './errors.ts';
import { identifier, literal, pathLiteral } from './sql.ts';

/** A CSV file with a header and whole rows. */
export interface CsvFile {
  readonly path: string;
  readonly isCompressed: boolean;
}

/** Files that follow each other and have one header. */
interface CsvRun {
  readonly columns: readonly string[];
  readonly isCompressed: boolean;
  readonly paths: string[];
}

/** A header is 200 characters long. */
const HEAD_BYTES = 4096;

/** The rows of CSV files behind each other, every cell as its text, an empty one as NULL. */
export class CsvRows {
  /** In the order of the first file; those that only later files have come behind. */
  readonly columns: readonly string[];
  readonly #runs: readonly CsvRun[];

  private constructor(runs: readonly CsvRun[]) {
    this.#runs = runs;
    this.columns = [...new Set(runs.flatMap(({ columns }) => columns))];
  }

  /** Reads the headers; an empty file has neither header nor rows. Rejects with `CSV_UNREADABLE`. */
  static async open(files: readonly CsvFile[]): Promise<CsvRows> {
    const runs: CsvRun[] = [];
    for (const { path, isCompressed } of files) {
      const columns = await columnsOf(path, isCompressed);
      if (columns === undefined) continue;
      const last = runs.at(-1);
      const isSame = last?.isCompressed === isCompressed && last.columns.join() === columns.join();
      if (isSame) last.paths.push(path);
      else runs.push({ columns, isCompressed, paths: [path] });
    }
    return new CsvRows(runs);
  }

  /** A query of all columns, in the order of the rows. */
  sql(): string {
    return this.#runs.map((run) => this.#runSql(run)).join(' UNION ALL ');
  }

  #runSql({ columns, isCompressed, paths }: CsvRun): string {
    const cells = this.columns.map((name) =>
      columns.includes(name) ? identifier(name) : `NULL::VARCHAR AS ${identifier(name)}`,
    );
    const types = columns.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
    const files = paths.map(pathLiteral).join(', ');
    const compression = isCompressed ? 'gzip' : 'none';
    return (
      `SELECT ${cells.join(', ')} FROM read_csv([${files}], auto_detect = false, header = true, delim = ',', ` +
      `quote = '"', escape = '"', new_line = '\\n', nullstr = '', allow_quoted_nulls = true, ` +
      `compression = '${compression}', hive_partitioning = false, columns = {${types}})`
    );
  }
}

async function columnsOf(path: string, isCompressed: boolean): Promise<readonly string[] | undefined> {
  try {
    const head = await headOf(path);
    const text = (isCompressed && head.length > 0 ? unpackedStart(head) : head).toString('utf8');
    const end = text.indexOf('\n');
    return end === -1 ? undefined : text.slice(0, end).split(',');
  } catch (cause) {
    throw new StorageParquetError('CSV_UNREADABLE', path, firstLines(cause), cause);
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What can be unpacked of a beginning. */
function unpackedStart(head: Buffer): Buffer {
  return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
}
