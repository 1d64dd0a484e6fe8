import type { FrameFields } from './frame-fields.ts';
import { scanFrame } from './scan-frame.ts';

/** Makes sure that `fields.levels` says where the levels stand, for which a frame may have to be scanned once more. */
export function locateLevels(fields: FrameFields): void {
  if (!fields.hasLevelOffsets) scanFrame(fields.bytes, fields);
}
