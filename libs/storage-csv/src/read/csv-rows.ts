import { LineSplitter, readFileChunks } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { CsvRow, CsvRowError } from './csv-row.ts';
import { chunkOptions, readError } from './depth-file.ts';
import type { DepthReadOptions } from './depth-message.ts';
import { rowShape, type RowKind } from './row-shape.ts';

/** Longest row; the rows that are written have less than 400 bytes. */
const ROW_BYTES_MAX = 64 * 1024;

/** What was read: `take` turns a row into what its kind is, and may throw {@link CsvRowError}. */
export type RowTaker = (row: CsvRow) => void;

/**
 * Hands over the rows of a file of `kind`, plain or packed; memory is bounded whatever its size. A row is checked cell by
 * cell; it and its memory are used again.
 *
 * Throws {@link StorageCsvError} as `visitDepthFile` does: `FILE_UNREADABLE`, `HEADER_MISMATCH`, `SEGMENT_CORRUPT`, each
 * after every whole row before it, and `ROW_BROKEN` unless `rejected` is given.
 */
export async function visitCsvRows(
  path: string,
  kind: RowKind,
  take: RowTaker,
  options: DepthReadOptions,
): Promise<void> {
  const lines = new LineSplitter(ROW_BYTES_MAX);
  const row = new CsvRow(rowShape(kind));
  const header = fileHeader(kind)!;
  try {
    for await (const chunk of readFileChunks(path, chunkOptions(path, options))) {
      options.content?.(chunk);
      lines.feed(chunk);
      while (lines.next()) {
        const { line, bytes, start, end } = lines;
        if (line === 1) checkHeader(path, header, bytes.toString('utf8', start, end));
        else takeRow(path, row, lines, take, options);
      }
    }
  } catch (error) {
    throw readError(path, error, lines.line + 1);
  }
  endOf(path, header, lines, options);
}

function takeRow(
  path: string,
  row: CsvRow,
  { line, bytes, start, end }: LineSplitter,
  take: RowTaker,
  options: DepthReadOptions,
): void {
  try {
    row.take(line, bytes, start, end);
    take(row);
  } catch (error) {
    if (!(error instanceof CsvRowError)) throw error;
    if (options.rejected === undefined)
      throw new StorageCsvError('ROW_BROKEN', path, `row ${line}: ${error.message}`, { line });
    options.rejected({ path, line, problem: error.message });
  }
}

function endOf(path: string, header: string, lines: LineSplitter, options: DepthReadOptions): void {
  const rest = lines.rest();
  if (rest.length > 0) {
    const text = rest.toString('utf8');
    if (lines.line === 0 && !header.startsWith(text)) checkHeader(path, header, text);
    options.unfinished?.({ path, line: lines.line + 1, byteLength: rest.length });
  }
  options.ended?.({ path, lines: lines.line });
}

function checkHeader(path: string, header: string, was: string): void {
  if (was === header) return;
  const start = JSON.stringify(was.slice(0, 200));
  throw new StorageCsvError('HEADER_MISMATCH', path, `expected the header "${header}", was ${start}`, {
    line: 1,
  });
}
