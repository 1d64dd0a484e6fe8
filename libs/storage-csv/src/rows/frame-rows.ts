import type { FrameFields } from '@org/binance-wire';
import {
  holdsText,
  isWordAt,
  RowProblem,
  type Cell,
  type FrameCell,
  type StreamDefinition,
} from '@org/storage';
import type { RowBuffer } from './row-buffer.ts';

/**
 * Writes the row of a scanned frame. `localTimeUs` is a whole number. Throws {@link RowProblem} when the frame lacks
 * what the kind needs.
 */
export function writeFrameRow(
  definition: StreamDefinition,
  fields: FrameFields,
  localTimeUs: number,
  rows: RowBuffer,
): void {
  const { columns } = definition;
  for (let index = 0; index < columns.length; index++) {
    if (index > 0) rows.comma();
    writeCell(columns[index]![1], fields, localTimeUs, rows);
  }
  rows.endRow();
}

function writeCell(cell: Cell, fields: FrameFields, localTimeUs: number, rows: RowBuffer): void {
  if (cell.type === 'receipt') return rows.integer(localTimeUs);
  if (cell.type === 'constant') return rows.ascii(cell.text);
  const start = fields.starts[cell.slot]!;
  const end = fields.ends[cell.slot]!;
  if (start < 0 || start === end) {
    if (cell.isRequired) throw new RowProblem(`expected "${cell.key}", was absent`);
    return;
  }
  if (cell.type === 'number') {
    if (!rows.number(fields.bytes, start, end)) throw problem(cell, 'a number', fields);
    return;
  }
  checkText(cell, fields, start, end);
  rows.copy(fields.bytes, start, end);
}

function checkText(cell: FrameCell, fields: FrameFields, start: number, end: number): void {
  const { bytes } = fields;
  if (cell.type === 'word') {
    if (!isWordAt(bytes, start, end)) throw problem(cell, 'a word', fields);
  } else if (!holdsText(bytes, start, end, 'true') && !holdsText(bytes, start, end, 'false')) {
    throw problem(cell, 'true or false', fields);
  }
}

function problem({ key, slot }: FrameCell, expected: string, fields: FrameFields): RowProblem {
  const was = JSON.stringify(fields.text(slot).slice(0, 80));
  return new RowProblem(`expected ${expected} for "${key}", was ${was}`);
}
