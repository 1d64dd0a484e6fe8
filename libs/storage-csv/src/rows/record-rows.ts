import {
  FrameError,
  FrameFields,
  scanDepthSnapshot,
  scanFrame,
  SLOT,
  type FrameKind,
} from '@org/binance-wire';
import { RECORD_TYPE, type BatchRecord } from '@org/storage';
import { holdsText } from './cell-bytes.ts';
import { writeDepthDiff, writeDepthSnapshot } from './depth-rows.ts';
import { writeFrameRow } from './frame-rows.ts';
import type { RecordRoute } from './record-route.ts';
import { gapRow, orderbookRows } from './report-rows.ts';
import { writeRestRows } from './rest-rows.ts';
import type { RowBuffer } from './row-buffer.ts';
import { RowProblem } from './row-problem.ts';

/** Turns one record after the other into rows of the file that it belongs in. */
export class RecordRows {
  readonly #fields = new FrameFields();

  /**
   * Appends the record's rows and returns how many. Throws an error that {@link isRejection} recognises when the
   * record is not what its stream promises; `rows` may then hold a part of them.
   */
  write(record: BatchRecord, route: RecordRoute, rows: RowBuffer): number {
    const localTimeUs = Math.floor(record.receivedAtUs);
    switch (record.type) {
      case RECORD_TYPE.frame:
        return this.#writeFrame(record, route, localTimeUs, rows);
      case RECORD_TYPE.depthSnapshot:
        scanDepthSnapshot(payload(record), this.#fields);
        this.#expectSymbol(route.symbol, SLOT.symbol);
        return writeDepthSnapshot(this.#fields, localTimeUs, rows);
      case RECORD_TYPE.restRows:
        return this.#writeRest(record, route, rows);
      case RECORD_TYPE.gap:
        rows.text(gapRow(payload(record).toString('utf8')));
        return 1;
      case RECORD_TYPE.bookSnapshot: {
        const block = orderbookRows(payload(record).toString('utf8'), route.symbol, String(localTimeUs));
        rows.text(block.text);
        return block.count;
      }
      case RECORD_TYPE.doubt:
      case RECORD_TYPE.tick:
        throw new RowProblem('expected a record that has rows');
    }
  }

  #writeFrame(record: BatchRecord, route: RecordRoute, localTimeUs: number, rows: RowBuffer): number {
    const { kind, definition } = route;
    const found = scanFrame(payload(record), this.#fields);
    if (kind === 'depth') {
      this.#expectFrame('depthUpdate', found, route.symbol);
      return writeDepthDiff(this.#fields, localTimeUs, rows);
    }
    if (definition === undefined) throw new RowProblem('expected a stream of a known kind');
    this.#expectFrame(definition.frame, found, route.symbol);
    writeFrameRow(definition, this.#fields, localTimeUs, rows);
    return 1;
  }

  #writeRest(record: BatchRecord, route: RecordRoute, rows: RowBuffer): number {
    const { definition, stream } = route;
    if (definition === undefined) throw new RowProblem(`expected no REST rows for ${stream}`);
    const context = { stream, receivedAtUs: record.receivedAtUs };
    return writeRestRows(definition, payload(record).toString('utf8'), context, rows);
  }

  #expectFrame(expected: FrameKind, found: FrameKind, symbol: string): void {
    if (found !== expected) throw new RowProblem(`expected a frame of kind ${expected}, was ${found}`);
    this.#expectSymbol(symbol, this.#fields.has(SLOT.s) ? SLOT.s : SLOT['o.s']);
  }

  /** Rows must never lie in another symbol's file: all-market streams carry rows of every product. */
  #expectSymbol(symbol: string, slot: number): void {
    const fields = this.#fields;
    // Symbols of ASCII letters, which nearly all are, need no text.
    if (!fields.has(slot) || holdsText(fields.bytes, fields.starts[slot]!, fields.ends[slot]!, symbol))
      return;
    const was = fields.text(slot);
    if (was !== symbol)
      throw new RowProblem(`expected symbol ${symbol}, was ${JSON.stringify(was.slice(0, 80))}`);
  }
}

/** Whether a failure of {@link RecordRows.write} is the record's own, and not one of this program. */
export function isRejection(error: unknown): error is Error {
  return error instanceof RowProblem || error instanceof FrameError || error instanceof SyntaxError;
}

function payload(record: BatchRecord): BatchRecord['bytes'] {
  return record.bytes.subarray(record.payloadStart, record.payloadEnd);
}
