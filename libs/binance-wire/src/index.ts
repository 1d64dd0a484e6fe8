export type { Answer } from './answer.ts';
export type { FrameKind } from './frame-fields.ts';
export type { SlotName } from './slot.ts';

export { parseAnswer } from './answer.ts';
export {
  decodeAggTrade,
  decodeBookTicker,
  decodeDepthDiff,
  decodeDepthSnapshot,
  decodeKline,
  decodeMarkPrice,
  decodeTrade,
} from './decode.ts';
export { FrameError } from './frame-error.ts';
export { FrameFields } from './frame-fields.ts';
export { locateLevels } from './locate-levels.ts';
export { readFrameUnits } from './read-frame-units.ts';
export { NOT_DEPTH, scanDepthFrame, scanDepthUnits } from './scan-depth.ts';
export { scanDepthSnapshot } from './scan-depth-snapshot.ts';
export { scanFrame } from './scan-frame.ts';
export { scanFrameSlowly } from './scan-frame-slowly.ts';
export { SLOT } from './slot.ts';
