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
  const { levels, origin, words: source } = fields;
  const out = rows.words;
  let at = first;
  for (let level = from; level < to; level++) {
    const offset = level * INTEGERS_PER_LEVEL;
    at = head.copy(out, at);
    at = copyText(source, origin + levels[offset]!, origin + levels[offset + 1]!, out, at);
    out.setUint8(at++, COMMA);
    at = copyText(source, origin + levels[offset + 2]!, origin + levels[offset + 3]!, out, at);
    out.setUint8(at++, LF);
  }
  return at;
}

/** Copies by whole words, up to three bytes too many, which the next text overwrites; returns the offset behind. */
function copyText(source: DataView, start: number, end: number, out: DataView, at: number): number {
  let to = at;
  let from = start;
  if (end + WORD_BYTES <= source.byteLength) {
    for (; from < end; from += WORD_BYTES, to += WORD_BYTES)
      out.setInt32(to, source.getInt32(from, true), true);
  } else for (; from < end; from++, to++) out.setUint8(to, source.getUint8(from));
  return at + end - start;
}
