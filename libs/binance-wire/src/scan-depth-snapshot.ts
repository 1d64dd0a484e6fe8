import { FieldWriter } from './field-writer.ts';
import { FrameError } from './frame-error.ts';
import type { FrameFields } from './frame-fields.ts';
import { holdsInteger } from './frame-kind.ts';
import { readJson } from './json-reader.ts';
import { lastByte, MESSAGE_BYTES_MAX, skipBlanks } from './json-token.ts';
import { SNAPSHOT } from './key-slot.ts';
import { begin, scanMembers } from './member-scan.ts';
import { SLOT, SNAPSHOT_SLOTS } from './slot.ts';

const OPEN_OBJECT = 0x7b;

/** The plain pass; false when the strict reader must judge. */
function scanPlain(bytes: Uint8Array, fields: FrameFields): boolean {
  const open = skipBlanks(bytes, 0);
  const end = lastByte(bytes);
  if (bytes[open] !== OPEN_OBJECT || bytes.length > MESSAGE_BYTES_MAX) return false;
  begin(bytes, fields);
  const after = scanMembers(bytes, open, end, fields, SNAPSHOT);
  const isWhole = after === end + 1 && fields.bidCount >= 0 && fields.askCount >= 0;
  return isWhole && holdsInteger(fields, SLOT.lastUpdateId);
}

function scanStrictly(bytes: Uint8Array, fields: FrameFields): void {
  const root = readJson(bytes);
  if (root.type !== 'object') throw new FrameError(bytes, root.at, 'a depth snapshot');
  const writer = new FieldWriter(bytes, fields);
  writer.writeSlots(root.members, SNAPSHOT_SLOTS);
  if (!holdsInteger(fields, SLOT.lastUpdateId)) {
    throw writer.error(root.members.get('lastUpdateId'), 'a safe integer for "lastUpdateId"');
  }
  writer.writeSide(root.members.get('bids'), true);
  writer.writeSide(root.members.get('asks'), false);
}

/**
 * Finds the fields of a REST depth answer: slots `lastUpdateId`, `E`, `T`, `symbol`, `pair` (COIN-M names both), and
 * the levels of `bids` and `asks`. Throws {@link FrameError} for anything else: an error body, HTML, a missing part.
 */
export function scanDepthSnapshot(bytes: Uint8Array, fields: FrameFields): void {
  if (scanPlain(bytes, fields)) return;
  fields.clear(bytes);
  try {
    scanStrictly(bytes, fields);
  } catch (error) {
    fields.clear(bytes);
    throw error;
  }
}
