import { type BookSide, DECIMALS_MAX, type PriceLevel } from '@org/market-data';
import type { DecimalScale } from './decimal-scale.ts';
import { refusedLevel } from './errors.ts';
import { requireLevels } from './level-checks.ts';
import { LEVEL_TEXT_BYTES, readLevelText, writeLevelText } from './level-text.ts';

/** Of a level: start and end of its price, start and end of its quantity. */
const OFFSETS_PER_LEVEL = 4;

/** All readers share their room, which grows to the largest message: hundreds of books would each keep it for nothing. */
const text = new Uint8Array(LEVEL_TEXT_BYTES);
let staged = new Float64Array(4096);

/**
 * Reads levels as ticks and units by turns, the bids of a message before its asks. What it returns is overwritten by the
 * next reading of any reader. It throws `LEVEL_MALFORMED` or `SCALE_EXCEEDED`, naming the level.
 */
export class LevelReader {
  readonly #prices: DecimalScale;
  readonly #quantities: DecimalScale;

  constructor(prices: DecimalScale, quantities: DecimalScale) {
    this.#prices = prices;
    this.#quantities = quantities;
  }

  /** Reads the levels of a message; starts anew when a scale widened, since that changes what was read before. */
  readTexts(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): Float64Array {
    const levels = roomFor(bids.length + asks.length);
    for (let scales = -1; scales !== this.#scales();) {
      scales = this.#scales();
      for (let at = 0; at < bids.length; at++) this.#readText('bid', bids[at]!, levels, at);
      for (let at = 0; at < asks.length; at++) this.#readText('ask', asks[at]!, levels, bids.length + at);
    }
    return levels;
  }

  /** Reads levels whose texts are ranges of `bytes`, ends excluded, four offsets a level. Allocates nothing. */
  readOffsets(bytes: Uint8Array, offsets: Int32Array, bidCount: number, askCount: number): Float64Array {
    requireLevels(offsets.length, OFFSETS_PER_LEVEL, bidCount, askCount);
    const count = bidCount + askCount;
    const levels = roomFor(count);
    let at = 0;
    try {
      for (let scales = -1; scales !== this.#scales();) {
        scales = this.#scales();
        for (at = 0; at < count; at++) this.#readRanges(bytes, offsets, levels, at);
      }
    } catch (cause) {
      throw refusedRanges(at < bidCount ? 'bid' : 'ask', bytes, offsets, at, cause);
    }
    return levels;
  }

  /** Reads one level. */
  readText(side: BookSide, price: string, quantity: string): Float64Array {
    this.#readText(side, [price, quantity], staged, 0);
    return staged;
  }

  /** A price in ticks, undefined where it lies between two; never widens. */
  findTicks(price: string): number | undefined {
    return this.#prices.find(text, 0, writeLevelText(price, text));
  }

  #scales(): number {
    return this.#prices.decimals * (DECIMALS_MAX + 1) + this.#quantities.decimals;
  }

  #readText(side: BookSide, [price, quantity]: PriceLevel, levels: Float64Array, at: number): void {
    try {
      levels[2 * at] = this.#prices.read(text, 0, writeLevelText(price, text));
      levels[2 * at + 1] = this.#quantities.read(text, 0, writeLevelText(quantity, text));
    } catch (cause) {
      throw refusedLevel({ side, price, quantity }, cause);
    }
  }

  #readRanges(bytes: Uint8Array, offsets: Int32Array, levels: Float64Array, at: number): void {
    const from = OFFSETS_PER_LEVEL * at;
    levels[2 * at] = this.#prices.read(bytes, offsets[from]!, offsets[from + 1]!);
    levels[2 * at + 1] = this.#quantities.read(bytes, offsets[from + 2]!, offsets[from + 3]!);
  }
}

function roomFor(levels: number): Float64Array {
  if (2 * levels > staged.length) staged = new Float64Array(4 * levels);
  return staged;
}

function refusedRanges(
  side: BookSide,
  bytes: Uint8Array,
  offsets: Int32Array,
  at: number,
  cause: unknown,
): unknown {
  const [priceStart, priceEnd, quantityStart, quantityEnd] = offsets.subarray(OFFSETS_PER_LEVEL * at);
  const price = readLevelText(bytes, priceStart!, priceEnd!);
  return refusedLevel({ side, price, quantity: readLevelText(bytes, quantityStart!, quantityEnd!) }, cause);
}
