import { Buffer } from 'node:buffer';
import type { FrameFields } from '@org/binance-wire';
import { restCells, RowProblem, type BatchRecord, type StreamDefinition } from '@org/storage';
import { lacksSource, type ColumnType } from '../schema/tables.ts';
import { putCell, readTimeUs, type CellType } from './cells.ts';
import type { TableRows } from './table-rows.ts';

/** Most bytes of a field beside half of its text: its length, and the head and the odd digits of a number. */
export const FIELD_BYTES = 16;
const NO_TEXT = Buffer.alloc(0);

/** What a row is made for. */
export interface RowOwner {
  readonly stream: string;
  readonly symbol: Buffer;
  /** Receipt, whole µs since the epoch. */
  readonly receivedAtUs: number;
}

/** Writes the rows of streams that are one row a message. */
export class MessageRows {
  readonly #rows: TableRows;
  readonly #definition: StreamDefinition;
  readonly #lacksSource: boolean;
  /** Index of the column, behind the symbol, whose day is the partition; that of the receipt where there is none. */
  readonly #dayIndex: number;

  constructor(definition: StreamDefinition, rows: TableRows) {
    this.#definition = definition;
    this.#rows = rows;
    this.#lacksSource = lacksSource(definition);
    this.#dayIndex = definition.columns.findIndex(([name]) => name === rows.table.dayColumn);
  }

  /** Writes the row of a scanned frame. Throws `RowProblem` when the frame lacks what the kind needs. */
  writeFrame(fields: FrameFields, owner: RowOwner): void {
    const rows = this.#rows;
    const { columns } = this.#definition;
    const start = this.#begin(owner, fields.bytes.length);
    let dayUs = owner.receivedAtUs;
    for (let index = 0; index < columns.length; index++) {
      const [, cell] = columns[index]!;
      if (cell.type === 'receipt') rows.putTime(owner.receivedAtUs);
      else if (cell.type === 'constant') rows.putText(cell.text);
      else {
        const from = fields.starts[cell.slot]!;
        const to = fields.ends[cell.slot]!;
        if (from < 0 || from === to) {
          if (cell.isRequired) throw new RowProblem(`expected "${cell.key}", was absent`);
          rows.putNull();
        } else if (cell.number === 'timeMs') {
          const timeUs = readTimeUs(cell.key, fields.bytes, from, to);
          rows.putTime(timeUs);
          if (index === this.#dayIndex) dayUs = timeUs;
        } else {
          putCell(rows, this.#type(index), cell.key, { bytes: fields.bytes, start: from, end: to });
        }
      }
    }
    if (this.#lacksSource) rows.putText('ws');
    rows.end(start, owner.stream, dayUs, owner.receivedAtUs);
  }

  /** Writes the rows of a REST answer, which repairs a gap; returns how many. */
  writeRest(record: BatchRecord, json: string, owner: RowOwner, stream: string): number {
    const context = { stream, receivedAtUs: record.receivedAtUs };
    const answer = restCells(this.#definition, json, context);
    for (const cells of answer) this.#writeCells(cells, owner);
    return answer.length;
  }

  #writeCells(cells: readonly string[], owner: RowOwner): void {
    const rows = this.#rows;
    const start = this.#begin(owner, 3 * cells.join('').length);
    let dayUs = owner.receivedAtUs;
    cells.forEach((text, index) => {
      const [name, { type }] = this.#definition.columns[index]!;
      const bytes = text === '' ? NO_TEXT : Buffer.from(text);
      if (type === 'receipt') rows.putTime(owner.receivedAtUs);
      else if (bytes.length === 0) rows.putNull();
      else {
        putCell(rows, this.#type(index), name, { bytes, start: 0, end: bytes.length });
        if (index === this.#dayIndex) dayUs = readTimeUs(name, bytes, 0, bytes.length);
      }
    });
    if (this.#lacksSource) rows.putText('rest');
    rows.end(start, owner.stream, dayUs, owner.receivedAtUs);
  }

  #begin({ symbol }: RowOwner, textBytes: number): number {
    const rows = this.#rows;
    const start = rows.length;
    rows.begin(FIELD_BYTES * (rows.table.columns.length + 1) + symbol.length + textBytes);
    rows.putBytes(symbol, 0, symbol.length);
    return start;
  }

  #type(index: number): CellType {
    const type: ColumnType = this.#rows.table.columns[index + 1]!.type;
    return type as CellType;
  }
}
