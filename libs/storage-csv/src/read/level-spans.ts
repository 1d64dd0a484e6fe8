import { INEXACT } from './plain-decimal.ts';
import { NO_DECIMALS, OFFSETS_PER_LEVEL, type DepthScale, type RawDepthDraft } from './raw-depth.ts';

const LEVELS_AT_FIRST = 1024;
const TEXT_BYTES_AT_FIRST = 16 * 1024;
const FIRST_LETTER_OF_BID = 0x62;
/** `bid,` or `ask,`: what stands before a price. */
export const SIDE_BYTES = 4;

/**
 * Where the levels of one message stand, in the order of their rows. They stand in the piece of the file that is being
 * read; those of a message that goes on in the next piece are settled: their text is copied, some 20 bytes a level, and
 * not their rows, which have five times as much.
 */
export class LevelSpans {
  offsets = new Int32Array(LEVELS_AT_FIRST * OFFSETS_PER_LEVEL);
  /** Price and quantity of each level in units of the decimals below; those of the next level are written before `add`. */
  ticks = new Float64Array(2 * LEVELS_AT_FIRST);
  priceDecimals = 0;
  quantityDecimals = 0;
  bidCount = 0;
  askCount = 0;
  /** Bytes from the side to the end of the quantity, of all levels. */
  textBytes = 0;
  #settledCount = 0;
  #settled = new Uint8Array(TEXT_BYTES_AT_FIRST);
  #settledBytes = 0;
  #isMixed = false;
  #isInTicks = false;
  #sorted = new Int32Array(0);

  /** Where the price of the next level is to be in `ticks`, and its quantity behind it. */
  get next(): number {
    return 2 * (this.bidCount + this.askCount);
  }

  /** Adds the level whose price starts behind its side, in the piece that is being read. */
  add(isBid: boolean, priceStart: number, priceEnd: number, quantityEnd: number): void {
    let at = OFFSETS_PER_LEVEL * (this.bidCount + this.askCount);
    const { offsets, ticks } = this;
    if (ticks[at / 2] === INEXACT || ticks[at / 2 + 1] === INEXACT) this.#isInTicks = false;
    offsets[at++] = priceStart;
    offsets[at++] = priceEnd;
    offsets[at++] = priceEnd + 1;
    offsets[at++] = quantityEnd;
    if (at === offsets.length) this.#grow();
    this.textBytes += quantityEnd - priceStart + SIDE_BYTES;
    if (!isBid) this.askCount++;
    else {
      this.bidCount++;
      if (this.askCount > 0) this.#isMixed = true;
    }
  }

  /** Copies what still stands in `bytes`, which is about to be overwritten. */
  settle(bytes: Uint8Array): void {
    const count = this.bidCount + this.askCount;
    this.#reserve(this.textBytes);
    for (let level = this.#settledCount; level < count; level++) this.#settleLevel(bytes, level);
    this.#settledCount = count;
  }

  /** Hands the levels over, bids first; they stand in `bytes` as far as they are not settled. */
  giveTo(message: RawDepthDraft, bytes: Uint8Array): void {
    if (this.#settledCount > 0) this.settle(bytes);
    message.bytes = this.#settledCount > 0 ? this.#settled : bytes;
    message.offsets = this.#isMixed ? this.#bidsFirst(message.bytes) : this.offsets;
    message.ticks = this.ticks;
    // Ticks of both sides by turns would have to be sorted, too, for files that hardly exist.
    const isInTicks = this.#isInTicks && !this.#isMixed;
    message.priceDecimals = isInTicks ? this.priceDecimals : NO_DECIMALS;
    message.quantityDecimals = isInTicks ? this.quantityDecimals : NO_DECIMALS;
    message.isMixed = this.#isMixed;
    message.bidCount = this.bidCount;
    message.askCount = this.askCount;
  }

  /** Begins another message, in the scale of this moment. */
  begin(scale: DepthScale | undefined): void {
    this.#isInTicks = scale !== undefined;
    this.priceDecimals = scale?.priceDecimals ?? 0;
    this.quantityDecimals = scale?.quantityDecimals ?? 0;
    this.bidCount = 0;
    this.askCount = 0;
    this.textBytes = 0;
    this.#settledCount = 0;
    this.#settledBytes = 0;
    this.#isMixed = false;
  }

  #settleLevel(bytes: Uint8Array, level: number): void {
    const { offsets } = this;
    const settled = this.#settled;
    const at = level * OFFSETS_PER_LEVEL;
    const from = offsets[at]! - SIDE_BYTES;
    const moved = this.#settledBytes - from;
    let to = this.#settledBytes;
    for (let next = from; next < offsets[at + 3]!; next++) settled[to++] = bytes[next]!;
    for (let index = at; index < at + OFFSETS_PER_LEVEL; index++) offsets[index]! += moved;
    this.#settledBytes = to;
  }

  /** Rows of both sides by turns, as only foreign or damaged files have them: each side keeps its order. */
  #bidsFirst(bytes: Uint8Array): Int32Array {
    const { offsets } = this;
    const end = OFFSETS_PER_LEVEL * (this.bidCount + this.askCount);
    if (this.#sorted.length < end) this.#sorted = new Int32Array(offsets.length);
    let bid = 0;
    let ask = OFFSETS_PER_LEVEL * this.bidCount;
    for (let at = 0; at < end; at += OFFSETS_PER_LEVEL) {
      const isBid = bytes[offsets[at]! - SIDE_BYTES] === FIRST_LETTER_OF_BID;
      let to = isBid ? bid : ask;
      for (let from = at; from < at + OFFSETS_PER_LEVEL; from++) this.#sorted[to++] = offsets[from]!;
      if (isBid) bid = to;
      else ask = to;
    }
    return this.#sorted;
  }

  #grow(): void {
    const wider = new Int32Array(2 * this.offsets.length);
    wider.set(this.offsets);
    this.offsets = wider;
    const ticks = new Float64Array(2 * this.ticks.length);
    ticks.set(this.ticks);
    this.ticks = ticks;
  }

  #reserve(length: number): void {
    if (length <= this.#settled.length) return;
    const wider = new Uint8Array(2 * length);
    wider.set(this.#settled);
    this.#settled = wider;
  }
}
