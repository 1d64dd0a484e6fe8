import { FrameFields } from '@org/binance-wire';
import {
  readBookSnapshot,
  readGap,
  RECORD_TYPE,
  recordPayload,
  restCells,
  RowProblem,
  scanRecordFrame,
  scanRecordSnapshot,
  type BatchRecord,
  type RecordRoute,
} from '@org/storage';
import { writeDepthDiff, writeDepthSnapshot } from './depth-rows.ts';
import { writeFrameRow } from './frame-rows.ts';
import { formatBook, formatGap } from './report-rows.ts';
import type { RowBuffer } from './row-buffer.ts';

/** Turns one record after the other into rows of the file that it belongs in. */
export class RecordRows {
  readonly #fields = new FrameFields();

  /**
   * Appends the record's rows and returns how many. Throws an error that `isRejection` recognises when the record is
   * not what its stream promises; `rows` may then hold a part of them.
   */
  write(record: BatchRecord, route: RecordRoute, rows: RowBuffer): number {
    const localTimeUs = Math.floor(record.receivedAtUs);
    switch (record.type) {
      case RECORD_TYPE.frame:
        return this.#writeFrame(record, route, localTimeUs, rows);
      case RECORD_TYPE.depthSnapshot:
        scanRecordSnapshot(record, route, this.#fields);
        return writeDepthSnapshot(this.#fields, localTimeUs, rows);
      case RECORD_TYPE.restRows:
        return writeRest(record, route, rows);
      case RECORD_TYPE.gap:
        rows.text(formatGap(readGap(recordPayload(record).toString('utf8'))));
        return 1;
      case RECORD_TYPE.bookSnapshot: {
        const book = readBookSnapshot(recordPayload(record).toString('utf8'), route.symbol);
        const block = formatBook(book, String(localTimeUs));
        rows.text(block.text);
        return block.count;
      }
      case RECORD_TYPE.doubt:
      case RECORD_TYPE.tick:
        throw new RowProblem('expected a record that has rows');
    }
  }

  #writeFrame(record: BatchRecord, route: RecordRoute, localTimeUs: number, rows: RowBuffer): number {
    const fields = this.#fields;
    scanRecordFrame(record, route, fields);
    if (route.definition === undefined) return writeDepthDiff(fields, localTimeUs, rows);
    writeFrameRow(route.definition, fields, localTimeUs, rows);
    return 1;
  }
}

/** The rows of a REST answer, which repairs a gap. */
function writeRest(record: BatchRecord, { definition, stream }: RecordRoute, rows: RowBuffer): number {
  if (definition === undefined) throw new RowProblem(`expected no REST rows for ${stream}`);
  const context = { stream, receivedAtUs: record.receivedAtUs };
  const cells = restCells(definition, recordPayload(record).toString('utf8'), context);
  for (const row of cells) {
    rows.text(row.join(','));
    rows.endRow();
  }
  return cells.length;
}
