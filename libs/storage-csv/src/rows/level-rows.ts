import type { FrameFields } from '@org/binance-wire';
import type { RowBuffer } from './row-buffer.ts';
import { RowHead } from './row-head.ts';

const LF = 0x0a;
const COMMA = 0x2c;
const INTEGERS_PER_LEVEL = 4;
const WORD_BYTES = 4;
const SIDE_BYTES = 'bid,'.length;

/** Used within one call only. */
const head = new RowHead();

/**
 * Writes a row a level behind the columns that stand in the rows from `start` to their end, and in place of these.
 * Prices and quantities are copied as they were sent; that they are plain decimals is what the scan has found.
 */
export function writeLevelRows(fields: FrameFields, start: number, rows: RowBuffer): void {
  const { bidCount, askCount } = fields;
  const shared = rows.length - start;
  const levels = bidCount + askCount;
  // No two levels share a character, so all prices and quantities together are shorter than the frame.
  rows.reserve((levels + 1) * (shared + SIDE_BYTES + 2) + fields.bytes.length);
  rows.ascii('bid,');
  head.take(rows, start);
  const asks = writeSide(fields, 0, bidCount, start, rows);
  rows.bytes.copyWithin(asks, start, start + shared);
  rows.length = asks + shared;
  rows.ascii('ask,');
  head.take(rows, asks);
  rows.length = writeSide(fields, bidCount, levels, asks, rows);
}

/** Writes the rows of one side at `first`; returns the offset behind them. */
function writeSide(fields: FrameFields, from: number, to: number, first: number, rows: RowBuffer): number {
  const { levels } = fields;
  const source = fields.words();
  const origin = fields.bytes.byteOffset;
  const out = rows.words;
  let at = first;
  for (let level = from; level < to; level++) {
    const offset = level * INTEGERS_PER_LEVEL;
    at = head.copy(out, at);
    at = copyText(source, (origin + levels[offset]!) | 0, (origin + levels[offset + 1]!) | 0, out, at);
    out.setUint8(at, COMMA);
    at = (at + 1) | 0;
    at = copyText(source, (origin + levels[offset + 2]!) | 0, (origin + levels[offset + 3]!) | 0, out, at);
    out.setUint8(at, LF);
    at = (at + 1) | 0;
  }
  return at;
}

/**
 * Copies a price or quantity by words: the first two in any case, since few numbers are longer. Up to seven bytes too
 * many come along, which the next text overwrites. Returns the offset behind the text.
 */
function copyText(source: DataView, start: number, end: number, out: DataView, at: number): number {
  if (end + 2 * WORD_BYTES > source.byteLength) return copyBytes(source, start, end, out, at);
  out.setInt32(at, source.getInt32(start, true), true);
  out.setInt32((at + WORD_BYTES) | 0, source.getInt32((start + WORD_BYTES) | 0, true), true);
  for (let done = 2 * WORD_BYTES; done < end - start; done += WORD_BYTES)
    out.setInt32(at + done, source.getInt32(start + done, true), true);
  return (at + end - start) | 0;
}

/** As {@link copyText}, for the last text in a piece of memory. */
function copyBytes(source: DataView, start: number, end: number, out: DataView, at: number): number {
  for (let done = 0; done < end - start; done++) out.setUint8(at + done, source.getUint8(start + done));
  return at + end - start;
}
