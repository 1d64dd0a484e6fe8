import { Buffer } from 'node:buffer';
import { FrameError, type FrameFields, scanFrame, SLOT } from '@org/binance-wire';

/**
 * A depth frame whose ids begin behind `lastOrder`: `U` becomes `lastOrder + 1` and `pu`, where there is one,
 * `lastOrder`; every other byte stays. Quantities are absolute, so the event is then exactly the difference from
 * `lastOrder` to its own `u`. Undefined when the ids cannot be set in the frame's own bytes.
 */
export function recutDepth(frame: Uint8Array, lastOrder: number, fields: FrameFields): Buffer | undefined {
  try {
    if (scanFrame(frame, fields) !== 'depthUpdate' || fields.bytes !== frame) return undefined;
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
  const cuts = [{ slot: SLOT.U as number, text: String(lastOrder + 1) }];
  if (fields.has(SLOT.pu)) cuts.push({ slot: SLOT.pu, text: String(lastOrder) });
  cuts.sort((a, b) => fields.starts[a.slot]! - fields.starts[b.slot]!);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { slot, text } of cuts) {
    parts.push(frame.subarray(at, fields.starts[slot]), Buffer.from(text));
    at = fields.ends[slot]!;
  }
  parts.push(frame.subarray(at));
  return Buffer.concat(parts);
}
