import { FieldWriter } from './field-writer.ts';
import { FrameError } from './frame-error.ts';
import type { FrameFields } from './frame-fields.ts';
import { readJson } from './json-reader.ts';
import type { SlotName } from './slot.ts';
import { SLOT } from './slot.ts';

const SNAPSHOT_SLOTS: ReadonlyMap<string, number> = new Map(
  (['lastUpdateId', 'E', 'T', 'symbol', 'pair'] satisfies SlotName[]).map((name) => [name, SLOT[name]]),
);

function fill(bytes: Uint8Array, fields: FrameFields): void {
  const root = readJson(bytes);
  if (root.type !== 'object') throw new FrameError(bytes, 0, 'a depth snapshot');
  const writer = new FieldWriter(bytes, fields);
  writer.writeSlots(root.members, SNAPSHOT_SLOTS);
  fields.integer(SLOT.lastUpdateId);
  writer.writeSide(root.members.get('bids'), true);
  writer.writeSide(root.members.get('asks'), false);
}

export function scanDepthSnapshot(bytes: Uint8Array, fields: FrameFields): void {
  fields.clear(bytes);
  try {
    fill(bytes, fields);
  } catch (error) {
    fields.clear(bytes);
    throw error;
  }
}
