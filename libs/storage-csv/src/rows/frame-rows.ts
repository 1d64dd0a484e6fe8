import type { FrameFields } from '@org/binance-wire';
import type { RowBuffer } from './row-buffer.ts';
import { RowProblem } from './row-problem.ts';
import type { Cell, StreamDefinition } from './stream-definition.ts';

/** Words of the exchange never need quotes, and none starts as a spreadsheet formula does; others are refused. */
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_ .:/-]{0,63}$/;

export function isWord(text: string): boolean {
  return WORD.test(text);
}

/** Writes the row of a scanned frame. Throws {@link RowProblem} when the frame lacks what the kind needs. */
export function writeFrameRow(
  definition: StreamDefinition,
  fields: FrameFields,
  localTime: string,
  rows: RowBuffer,
): void {
  const columns = definition.columns;
  for (let index = 0; index < columns.length; index++) {
    if (index > 0) rows.comma();
    writeCell(columns[index]![1], fields, localTime, rows);
  }
  rows.endRow();
}

function writeCell(cell: Cell, fields: FrameFields, localTime: string, rows: RowBuffer): void {
  if (cell.type === 'receipt') return rows.ascii(localTime);
  if (cell.type === 'constant') return rows.ascii(cell.text);
  const start = fields.starts[cell.slot]!;
  const end = fields.ends[cell.slot]!;
  if (start < 0 || start === end) {
    if (cell.isRequired) throw new RowProblem(`expected "${cell.key}", was absent`);
    return;
  }
  if (cell.type === 'number') {
    if (!rows.number(fields.bytes, start, end)) throw problem(cell.key, 'a number', fields.text(cell.slot));
    return;
  }
  const text = fields.text(cell.slot);
  if (cell.type === 'flag' && text !== 'true' && text !== 'false')
    throw problem(cell.key, 'true or false', text);
  if (!isWord(text)) throw problem(cell.key, 'a word', text);
  rows.ascii(text);
}

function problem(key: string, expected: string, was: string): RowProblem {
  return new RowProblem(`expected ${expected} for "${key}", was ${JSON.stringify(was.slice(0, 80))}`);
}
