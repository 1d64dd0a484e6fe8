import { type FrameFields, SLOT } from '@org/binance-wire';
import type { DepthIds } from '@org/orderbook';

/** The ids of the scanned `depthUpdate`, as the sequencer wants them. */
export function depthIds(fields: FrameFields): DepthIds {
  return {
    firstUpdateId: fields.integer(SLOT.U),
    finalUpdateId: fields.integer(SLOT.u),
    previousFinalUpdateId: fields.integerOrUndefined(SLOT.pu),
  };
}
