import { DepthLayout } from './depth-layout.ts';
import { FrameError } from './frame-error.ts';
import { readInteger } from './integer.ts';
import { SLOT_NAMES } from './slot.ts';
import { UnitLevels } from './unit-levels.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * What a frame is. `answer` is the reply to a control request; `other` is well-formed JSON that is nothing known
 * (an array of tickers, a new event): to be kept, not to be dropped.
 */
export type FrameKind =
  | 'depthUpdate'
  | 'aggTrade'
  | 'kline'
  | 'bookTicker'
  | 'trade'
  | 'markPriceUpdate'
  | 'forceOrder'
  | '24hrTicker'
  | '24hrMiniTicker'
  | 'answer'
  | 'other';

/** Offsets per level in {@link FrameFields.levels}. */
export const INTEGERS_PER_LEVEL = 4;

const ABSENT = -1;
const LEVELS_AT_FIRST = 1024;
const NOTHING = new Uint8Array(0);

/**
 * Where everything stands in a frame: the reusable result of a scan, valid until the next scan into it and as long
 * as `bytes` is not overwritten. A slot is absent when its key is missing, null, or holds an object or array.
 * After a scan that threw, nothing is present.
 */
export class FrameFields {
  /** What the offsets refer to: the frame, or a private buffer when the slow path had to rewrite it. */
  bytes: Uint8Array = NOTHING;
  kind: FrameKind = 'other';
  /** The envelope's stream name without quotes; 0 and 0 when there is none. */
  streamStart = 0;
  streamEnd = 0;
  /** Offsets by slot; strings without their quotes. A start of -1 means absent, its end then means nothing. */
  readonly starts = new Int32Array(SLOT_NAMES.length).fill(ABSENT);
  readonly ends = new Int32Array(SLOT_NAMES.length);
  /** Per level: price start, price end, quantity start, quantity end. Bids first, then asks. Grows, never shrinks. */
  levels: Int32Array = new Int32Array(LEVELS_AT_FIRST * INTEGERS_PER_LEVEL);
  bidCount = 0;
  askCount = 0;
  /** False after `scanDepthUnits` or `scanDepthFrame` read the levels without noting where they stand; `scanFrame` finds their places. */
  hasLevelOffsets = true;
  /** Decimals of the level that `scanDepthUnits` read last; -1 where it read none, or noted where the levels stand. */
  priceDecimals = ABSENT;
  quantityDecimals = ABSENT;
  /** What `scanDepthUnits` has read. */
  readonly unitLevels: UnitLevels = new UnitLevels();
  /** What it expects. */
  readonly layout: DepthLayout = new DepthLayout();
  #words: DataView = new DataView(NOTHING.buffer);
  #memory: ArrayBufferLike = NOTHING.buffer;

  /** Ticks and units by turns, bids first, from the last `scanDepthUnits`; another array when it had to grow. */
  get units(): Float64Array {
    return this.unitLevels.units;
  }

  has(slot: number): boolean {
    return this.starts[slot]! >= 0;
  }

  /** The characters of a slot. Throws {@link FrameError} when it is absent. */
  text(slot: number): string {
    return decodeUtf8(this.bytes, this.#start(slot, 'a value'), this.ends[slot]!);
  }

  /** Throws {@link FrameError} unless the slot holds a safe integer, as a number or as a string of its digits. */
  integer(slot: number): number {
    const start = this.#start(slot, 'an integer');
    const value = readInteger(this.bytes, start, this.ends[slot]!);
    if (Number.isNaN(value)) throw this.error(slot, 'a safe integer');
    return value;
  }

  /** Like {@link integer}, but undefined for an absent slot. */
  integerOrUndefined(slot: number): number | undefined {
    return this.has(slot) ? this.integer(slot) : undefined;
  }

  streamText(): string {
    return decodeUtf8(this.bytes, this.streamStart, this.streamEnd);
  }

  /** The error of a slot whose text is not what it must be. */
  error(slot: number, expected: string): FrameError {
    return new FrameError(
      this.bytes,
      Math.max(0, this.starts[slot]!),
      `${expected} for "${SLOT_NAMES[slot]}"`,
    );
  }

  /** The memory that `bytes` lies in, from its `byteOffset` on, for whoever reads it by words. */
  words(): DataView {
    const { buffer } = this.bytes;
    // Frames come from few pieces of memory, so most of them need no new view.
    if (buffer !== this.#memory) {
      this.#memory = buffer;
      this.#words = new DataView(buffer);
    }
    return this.#words;
  }

  /** Forgets the previous scan; offsets will refer to `bytes`. */
  clear(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.kind = 'other';
    this.streamStart = 0;
    this.streamEnd = 0;
    this.starts.fill(ABSENT);
    this.priceDecimals = ABSENT;
    this.quantityDecimals = ABSENT;
    this.bidCount = 0;
    this.askCount = 0;
    this.hasLevelOffsets = true;
  }

  /** Makes room for more levels, keeping those there are; returns {@link levels}. */
  growLevels(): Int32Array {
    const wider = new Int32Array(this.levels.length * 2);
    wider.set(this.levels);
    this.levels = wider;
    return wider;
  }

  #start(slot: number, expected: string): number {
    const start = this.starts[slot]!;
    if (start < 0)
      throw new FrameError(this.bytes, this.bytes.length, `${expected} for "${SLOT_NAMES[slot]}"`);
    return start;
  }
}
