import { SLOT, type FrameFields } from '@org/binance-wire';
import { RowProblem } from '@org/storage';
import { putInteger, putNumeric, readTimeUs } from './cells.ts';
import { FIELD_BYTES, type RowOwner } from './message-rows.ts';
import { beginArray, endArray } from './numeric-array.ts';
import type { TableRows } from './table-rows.ts';

const NO_SLOT = -1;
const INTEGERS_PER_LEVEL = 4;
const TEXT_BYTES = 3 * 'snapshot'.length;

/** A kind of depth message: its ids, of which a snapshot has one and spot diffs have no `pu`, and what it must have. */
interface DepthForm {
  readonly updateType: 'diff' | 'snapshot';
  readonly ids: readonly [first: number, final: number, previous: number];
  readonly required: readonly (keyof typeof SLOT)[];
}

export const DIFF: DepthForm = {
  updateType: 'diff',
  ids: [SLOT.U, SLOT.u, SLOT.pu],
  required: ['E', 'U', 'u'],
};

export const SNAPSHOT: DepthForm = {
  updateType: 'snapshot',
  ids: [NO_SLOT, SLOT.lastUpdateId, NO_SLOT],
  required: ['lastUpdateId'],
};

/** Writes depth messages: a row each with its levels as arrays, or with a row a level beside it. */
export class DepthRows {
  readonly #events: TableRows;
  /** Undefined where levels are arrays. */
  readonly #levels: TableRows | undefined;

  constructor(events: TableRows, levels: TableRows | undefined) {
    this.#events = events;
    this.#levels = levels;
  }

  /** Writes a scanned message; returns how many rows. Throws `RowProblem` when it lacks what it must have. */
  write(fields: FrameFields, form: DepthForm, owner: RowOwner): number {
    for (const key of form.required)
      if (!fields.has(SLOT[key])) throw new RowProblem(`expected "${key}", was absent`);
    this.#writeEvent(fields, form, owner);
    return 1 + (this.#levels === undefined ? 0 : writeLevels(this.#levels, fields, form, owner));
  }

  #writeEvent(fields: FrameFields, { ids, updateType }: DepthForm, owner: RowOwner): void {
    const rows = this.#events;
    const { bidCount, askCount } = fields;
    const start = rows.length;
    const fieldCount = rows.table.columns.length + 2 * (bidCount + askCount) + 4;
    rows.begin(FIELD_BYTES * fieldCount + TEXT_BYTES + owner.symbol.length + fields.bytes.length);
    rows.putBytes(owner.symbol, 0, owner.symbol.length);
    rows.putTime(owner.receivedAtUs);
    putTimeSlot(rows, fields, SLOT.E, 'E');
    putTimeSlot(rows, fields, SLOT.T, 'T');
    for (const slot of ids) putIdSlot(rows, fields, slot);
    rows.putText(updateType);
    if (this.#levels === undefined) {
      putLevels(rows, fields, 0, bidCount);
      putLevels(rows, fields, bidCount, bidCount + askCount);
    } else {
      rows.putNull();
      rows.putNull();
    }
    rows.end(start, owner.stream, owner.receivedAtUs, owner.receivedAtUs);
  }
}

/** Levels `[from, to)` as an array of pairs. */
function putLevels(rows: TableRows, fields: FrameFields, from: number, to: number): void {
  const start = beginArray(rows, to - from);
  const { levels, bytes } = fields;
  for (let at = from * INTEGERS_PER_LEVEL; at < to * INTEGERS_PER_LEVEL; at += INTEGERS_PER_LEVEL) {
    putNumeric(rows, 'price', bytes, levels[at]!, levels[at + 1]!);
    putNumeric(rows, 'quantity', bytes, levels[at + 2]!, levels[at + 3]!);
  }
  endArray(rows, start);
}

/** A row a level, bids before asks as they were sent; returns how many. */
function writeLevels(rows: TableRows, fields: FrameFields, form: DepthForm, owner: RowOwner): number {
  const { levels, bytes, bidCount, askCount } = fields;
  const count = bidCount + askCount;
  const rowBytes = FIELD_BYTES * (rows.table.columns.length + 1) + TEXT_BYTES + owner.symbol.length;
  rows.reserve(count * rowBytes + bytes.length);
  for (let level = 0; level < count; level++) {
    const start = rows.length;
    rows.begin(0);
    rows.putBytes(owner.symbol, 0, owner.symbol.length);
    rows.putTime(owner.receivedAtUs);
    putTimeSlot(rows, fields, SLOT.E, 'E');
    putIdSlot(rows, fields, form.ids[1]);
    rows.putText(form.updateType);
    rows.putText(level < bidCount ? 'bid' : 'ask');
    const at = level * INTEGERS_PER_LEVEL;
    putNumeric(rows, 'price', bytes, levels[at]!, levels[at + 1]!);
    putNumeric(rows, 'quantity', bytes, levels[at + 2]!, levels[at + 3]!);
    rows.end(start, owner.stream, owner.receivedAtUs, owner.receivedAtUs);
  }
  return count;
}

function putTimeSlot(rows: TableRows, fields: FrameFields, slot: number, key: string): void {
  if (!fields.has(slot)) return rows.putNull();
  rows.putTime(readTimeUs(key, fields.bytes, fields.starts[slot]!, fields.ends[slot]!));
}

function putIdSlot(rows: TableRows, fields: FrameFields, slot: number): void {
  if (slot === NO_SLOT || !fields.has(slot)) return rows.putNull();
  putInteger(rows, 'update id', fields.bytes, fields.starts[slot]!, fields.ends[slot]!);
}
