import type { FrameFields, FrameKind } from './frame-fields.ts';
import { MESSAGE_BYTES_MAX } from './json-token.ts';
import { readFrameUnits } from './read-frame-units.ts';
import { scanFrame } from './scan-frame.ts';

/** What {@link scanDepthUnits} answers for a frame that is no depth diff. */
export const NOT_DEPTH = -1;

/** Scales that nearly all prices and quantities have room in; levels that have none are scanned in the general way. */
const PRICE_DECIMALS = 8;
const QUANTITY_DECIMALS = 3;

/** Whether the frame looks like the one before; its levels are then in `fields.units`. */
function isKnown(
  bytes: Uint8Array,
  fields: FrameFields,
  priceDecimals: number,
  quantityDecimals: number,
): boolean {
  if (bytes.length > MESSAGE_BYTES_MAX) return false;
  const { unitLevels, layout } = fields;
  unitLevels.begin(bytes.length, priceDecimals, quantityDecimals);
  return layout.match(bytes, fields, unitLevels);
}

/** As `scanFrame` does it; the layout of the frame is learnt from what it finds. */
function scanAndLearn(bytes: Uint8Array, fields: FrameFields): FrameKind {
  const kind = scanFrame(bytes, fields);
  if (kind === 'depthUpdate' && fields.bytes === bytes) fields.layout.learn(fields);
  return kind;
}

/**
 * Scans a frame of a depth stream as `scanFrame` does, with the same results and errors, in less time for frames that look
 * like the one before. Where the levels stand is then not noted: see `fields.hasLevelOffsets`.
 */
export function scanDepthFrame(bytes: Uint8Array, fields: FrameFields): FrameKind {
  if (isKnown(bytes, fields, PRICE_DECIMALS, QUANTITY_DECIMALS)) return 'depthUpdate';
  return scanAndLearn(bytes, fields);
}

/**
 * Scans a depth diff and reads all its levels into `fields.units`, as `scanFrame` and `readFrameUnits` do together with
 * the same results and errors, in half the time for frames that look like the one before.
 *
 * Returns how many levels were read before one needed more decimals, which is `bidCount + askCount` when none did, or
 * {@link NOT_DEPTH} for a frame of another kind, whose fields are there as after `scanFrame`. Where the levels stand is
 * known only when `fields.hasLevelOffsets`, which is so whenever a level needed more decimals. Throws `FrameError` as
 * `scanFrame` does, and `DecimalError` as `readFrameUnits` does.
 */
export function scanDepthUnits(
  bytes: Uint8Array,
  fields: FrameFields,
  priceDecimals: number,
  quantityDecimals: number,
): number {
  if (isKnown(bytes, fields, priceDecimals, quantityDecimals)) return fields.bidCount + fields.askCount;
  if (scanAndLearn(bytes, fields) !== 'depthUpdate') return NOT_DEPTH;
  return readFrameUnits(fields, priceDecimals, quantityDecimals, fields.units);
}
