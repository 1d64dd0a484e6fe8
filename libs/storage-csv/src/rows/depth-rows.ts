import { SLOT, type FrameFields } from '@org/binance-wire';
import { RowProblem } from '@org/storage';
import { writeLevelRows } from './level-rows.ts';
import type { RowBuffer } from './row-buffer.ts';

export const DEPTH_HEADER =
  'local_time,event_time,transaction_time,first_update_id,final_update_id,prev_final_update_id,update_type,side,price,quantity';

const NO_SLOT = -1;

/** The columns behind local_time: the times, then the ids, of which a snapshot has one and spot diffs have no `pu`. */
const DIFF_SLOTS = [SLOT.E, SLOT.T, SLOT.U, SLOT.u, SLOT.pu] as const;
const SNAPSHOT_SLOTS = [SLOT.E, SLOT.T, NO_SLOT, SLOT.lastUpdateId, NO_SLOT] as const;

const DIFF_REQUIRES = ['E', 'U', 'u'] as const;
const SNAPSHOT_REQUIRES = ['lastUpdateId'] as const;

/** Writes the rows of a scanned `depthUpdate`, bids before asks as they were sent; returns how many. */
export function writeDepthDiff(fields: FrameFields, localTimeUs: number, rows: RowBuffer): number {
  requireNumbers(fields, DIFF_REQUIRES);
  return writeMessage(fields, localTimeUs, DIFF_SLOTS, ',diff,', rows);
}

/** Writes the rows of a scanned REST depth snapshot; returns how many. */
export function writeDepthSnapshot(fields: FrameFields, localTimeUs: number, rows: RowBuffer): number {
  requireNumbers(fields, SNAPSHOT_REQUIRES);
  return writeMessage(fields, localTimeUs, SNAPSHOT_SLOTS, ',snapshot,', rows);
}

function requireNumbers(fields: FrameFields, keys: readonly (keyof typeof SLOT)[]): void {
  for (const key of keys) if (!fields.has(SLOT[key])) throw new RowProblem(`expected "${key}", was absent`);
}

function writeMessage(
  fields: FrameFields,
  localTimeUs: number,
  slots: readonly number[],
  updateType: string,
  rows: RowBuffer,
): number {
  const start = rows.length;
  rows.integer(localTimeUs);
  for (const slot of slots) writeNumber(fields, slot, rows);
  rows.ascii(updateType);
  const levels = fields.bidCount + fields.askCount;
  if (levels === 0) {
    rows.ascii(',,\n');
    return 1;
  }
  writeLevelRows(fields, start, rows);
  return levels;
}

function writeNumber(fields: FrameFields, slot: number, rows: RowBuffer): void {
  rows.comma();
  if (slot === NO_SLOT || !fields.has(slot)) return;
  if (!rows.number(fields.bytes, fields.starts[slot]!, fields.ends[slot]!))
    throw fields.error(slot, 'a number');
}
