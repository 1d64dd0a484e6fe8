import type { FrameFields, FrameKind } from './frame-fields.ts';
import { isInteger } from './integer.ts';
import { characters, isName } from './key-slot.ts';
import { SLOT } from './slot.ts';

/** The values of `e` that are told apart, by their length. */
const KINDS_BY_LENGTH: (readonly (readonly [FrameKind, readonly number[]])[])[] = [];
for (const kind of [
  'depthUpdate',
  'aggTrade',
  'kline',
  'bookTicker',
  'trade',
  'markPriceUpdate',
  'forceOrder',
  '24hrTicker',
  '24hrMiniTicker',
] as const) {
  KINDS_BY_LENGTH[kind.length] = [...(KINDS_BY_LENGTH[kind.length] ?? []), [kind, characters(kind)]];
}

/** Spot's bookTicker has no `e`; its keys tell it (github.com/binance/binance-spot-api-docs, seen 2026-11). */
function isSpotBookTicker(fields: FrameFields): boolean {
  const { starts } = fields;
  return (
    starts[SLOT.u]! >= 0 &&
    starts[SLOT.s]! >= 0 &&
    starts[SLOT.b]! >= 0 &&
    starts[SLOT.B]! >= 0 &&
    starts[SLOT.a]! >= 0 &&
    starts[SLOT.A]! >= 0
  );
}

/** What the scanned slots say the event is; undefined when it has no `e` and is no spot bookTicker. */
export function eventKind(fields: FrameFields): FrameKind | undefined {
  const start = fields.starts[SLOT.e]!;
  if (start < 0) return isSpotBookTicker(fields) ? 'bookTicker' : undefined;
  const end = fields.ends[SLOT.e]!;
  const candidates = KINDS_BY_LENGTH[end - start];
  if (candidates === undefined) return 'other';
  for (const [kind, name] of candidates) if (isName(fields.bytes, start, end, name)) return kind;
  return 'other';
}

/** Whether a slot is present and a safe integer. */
export function holdsInteger(fields: FrameFields, slot: number): boolean {
  const start = fields.starts[slot]!;
  return start >= 0 && isInteger(fields.bytes, start, fields.ends[slot]!);
}

/** Whether a depth diff has the ids and the time that the sequence check needs; spot sends no `pu`. */
export function hasDepthIds(fields: FrameFields): boolean {
  return (
    holdsInteger(fields, SLOT.U) &&
    holdsInteger(fields, SLOT.u) &&
    holdsInteger(fields, SLOT.E) &&
    (fields.starts[SLOT.pu]! < 0 || holdsInteger(fields, SLOT.pu))
  );
}
