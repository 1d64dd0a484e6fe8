import { Buffer } from 'node:buffer';
import type { PriceLevel, RawLevels } from '@org/market-data';
import type { DepthMessage } from './depth-message.ts';

/** Offsets a level has in {@link RawLevels.offsets}. */
export const OFFSETS_PER_LEVEL = 4;

/** Digits behind the point that a unit of prices and of quantities stands for. An order book is one. */
export interface DepthScale {
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

/** Stands for decimals where there are no ticks. */
export const NO_DECIMALS = -1;

const WITHOUT_TICKS = {
  ticks: new Float64Array(0),
  priceDecimals: NO_DECIMALS,
  quantityDecimals: NO_DECIMALS,
};

/**
 * One depth message without a string: its numbers, and where its levels stand. The object and its memory are used again
 * for the next message; whoever keeps levels copies them with {@link copyRawLevels}.
 */
export interface RawDepth extends RawLevels {
  readonly type: 'diff' | 'snapshot';
  /** Line on which it begins, from 1; the header of a file is line 1. */
  readonly line: number;
  /** Whether a bid stands behind an ask, as in no sound file. */
  readonly isMixed: boolean;
  /** µs since the epoch. */
  readonly receivedAtUs: number;
  /** See `DepthMessage`. */
  readonly damagedRows: number;
  /** ms since the epoch; a snapshot of spot has neither time, a diff of spot no `transactionTimeMs`. */
  readonly eventTimeMs: number | undefined;
  readonly transactionTimeMs: number | undefined;
  /** `U`; of a snapshot its `lastUpdateId`. */
  readonly firstUpdateId: number;
  /** `u`; of a snapshot its `lastUpdateId`. */
  readonly finalUpdateId: number;
  /** `pu`; undefined on spot and for a snapshot. */
  readonly previousFinalUpdateId: number | undefined;
}

/** Takes the next message; `false` ends the reading, anything else goes on. */
export type DepthVisitor = (message: RawDepth) => unknown;

/** A message that is filled in, again and again. */
export type RawDepthDraft = { -readonly [Key in keyof RawDepth]: RawDepth[Key] };

export function newRawDepth(): RawDepthDraft {
  return {
    type: 'diff',
    line: 0,
    isMixed: false,
    receivedAtUs: 0,
    damagedRows: 0,
    eventTimeMs: undefined,
    transactionTimeMs: undefined,
    firstUpdateId: 0,
    finalUpdateId: 0,
    previousFinalUpdateId: undefined,
    bytes: new Uint8Array(0),
    offsets: new Int32Array(0),
    bidCount: 0,
    askCount: 0,
    ...WITHOUT_TICKS,
  };
}

/** The same levels in memory of their own: their characters and 16 bytes a level, whatever surrounded them; without ticks. */
export function copyRawLevels({ bytes, offsets, bidCount, askCount }: RawLevels): RawLevels {
  const count = OFFSETS_PER_LEVEL * (bidCount + askCount);
  const ownOffsets = new Int32Array(count);
  let length = 0;
  for (let at = 0; at < count; at += 2) length += offsets[at + 1]! - offsets[at]!;
  const ownBytes = new Uint8Array(length);
  for (let at = 0, to = 0; at < count; at += 2) {
    ownOffsets[at] = to;
    for (let from = offsets[at]!; from < offsets[at + 1]!; from++) ownBytes[to++] = bytes[from]!;
    ownOffsets[at + 1] = to;
  }
  return { bytes: ownBytes, offsets: ownOffsets, bidCount, askCount, ...WITHOUT_TICKS };
}

/** The message with its levels as text. */
export function decodeRawDepth(raw: RawDepth, symbol: string): DepthMessage {
  const { receivedAtUs, damagedRows, eventTimeMs, transactionTimeMs, finalUpdateId, bidCount } = raw;
  const times = { eventTimeMs, transactionTimeMs };
  const text = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  const sides = {
    bids: levelTexts(text, raw.offsets, 0, bidCount),
    asks: levelTexts(text, raw.offsets, bidCount, bidCount + raw.askCount),
  };
  if (raw.type === 'snapshot') {
    const snapshot = { symbol, lastUpdateId: finalUpdateId, ...times, ...sides };
    return { type: 'snapshot', receivedAtUs, damagedRows, snapshot };
  }
  const { firstUpdateId, previousFinalUpdateId } = raw;
  const ids = { firstUpdateId, finalUpdateId, previousFinalUpdateId };
  const diff = { symbol, eventTimeMs: eventTimeMs!, transactionTimeMs, ...ids, ...sides };
  return { type: 'diff', receivedAtUs, damagedRows, diff };
}

function levelTexts(bytes: Buffer, offsets: Int32Array, first: number, end: number): PriceLevel[] {
  const levels: PriceLevel[] = [];
  for (let at = first * OFFSETS_PER_LEVEL; at < end * OFFSETS_PER_LEVEL; at += OFFSETS_PER_LEVEL) {
    levels.push([
      bytes.toString('latin1', offsets[at], offsets[at + 1]),
      bytes.toString('latin1', offsets[at + 2], offsets[at + 3]),
    ]);
  }
  return levels;
}
