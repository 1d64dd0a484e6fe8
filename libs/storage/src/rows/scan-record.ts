import {
  FrameError,
  scanDepthSnapshot,
  scanFrame,
  SLOT,
  type FrameFields,
  type FrameKind,
} from '@org/binance-wire';
import type { BatchRecord } from '../record-batch.ts';
import { holdsText } from './cell-bytes.ts';
import type { RecordRoute } from './record-route.ts';
import { RowProblem } from './row-problem.ts';

/**
 * Scans the frame of a record, and checks that it is what its stream promises: the kind and the symbol. Throws an error
 * that {@link isRejection} recognises when it is not.
 */
export function scanRecordFrame(record: BatchRecord, route: RecordRoute, fields: FrameFields): void {
  const found = scanFrame(recordPayload(record), fields);
  const expected = frameOf(route);
  if (found !== expected) throw new RowProblem(`expected a frame of kind ${expected}, was ${found}`);
  expectSymbol(route.symbol, fields.has(SLOT.s) ? SLOT.s : SLOT['o.s'], fields);
}

/** The same for the REST depth snapshot of a record. */
export function scanRecordSnapshot(record: BatchRecord, route: RecordRoute, fields: FrameFields): void {
  scanDepthSnapshot(recordPayload(record), fields);
  expectSymbol(route.symbol, SLOT.symbol, fields);
}

/** Whether a failure to make rows of a record is the record's own, and not one of this program. */
export function isRejection(error: unknown): error is Error {
  return error instanceof RowProblem || error instanceof FrameError || error instanceof SyntaxError;
}

export function recordPayload(record: BatchRecord): BatchRecord['bytes'] {
  return record.bytes.subarray(record.payloadStart, record.payloadEnd);
}

function frameOf({ kind, definition }: RecordRoute): FrameKind {
  if (kind === 'depth') return 'depthUpdate';
  if (definition === undefined) throw new RowProblem('expected a stream of a known kind');
  return definition.frame;
}

/** Rows must never be stored under another symbol: all-market streams carry rows of every product. */
function expectSymbol(symbol: string, slot: number, fields: FrameFields): void {
  // Symbols of ASCII letters, which nearly all are, need no text.
  if (!fields.has(slot) || holdsText(fields.bytes, fields.starts[slot]!, fields.ends[slot]!, symbol)) return;
  const was = fields.text(slot);
  if (was !== symbol)
    throw new RowProblem(`expected symbol ${symbol}, was ${JSON.stringify(was.slice(0, 80))}`);
}
