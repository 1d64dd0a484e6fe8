import { type BookSide, type PriceLevel, type RawLevels, unitsToDecimal } from '@org/market-data';
import { LineHash } from './checksum.ts';
import { DecimalScale } from './decimal-scale.ts';
import { OrderBookError, refusedLevel } from './errors.ts';
import { Ladder } from './ladder.ts';
import { requireIntegers, requireLevels } from './level-checks.ts';
import { LevelReader } from './level-reader.ts';

/** Decimals to start with, 0 to 18, default 0. A book widens them by itself, so they only save work. */
export interface OrderBookOptions {
  readonly priceDecimals?: number;
  readonly quantityDecimals?: number;
}

/** The levels of a message: of a snapshot all, of a diff those that changed. */
export interface BookLevels {
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

const NO_LEVELS: readonly PriceLevel[] = [];

/** What {@link OrderBook.setLevelBytes} reads. */
const oneLevel = new Int32Array(4);
/** What {@link OrderBook.setTicks} sets. */
const oneTicks = new Float64Array(2);

/**
 * The price levels of both sides, exact: prices and quantities are integers of ticks and units, so nothing rounds.
 *
 * Quantities are absolute, 0 removes, and removing a level that is not there is normal. Prices and quantities come out
 * as exact decimal text without trailing zeros. The book knows nothing of update ids; `BookSync` does.
 *
 * A level that is not two plain decimals throws {@link OrderBookError} `LEVEL_MALFORMED`, one that would need more than
 * 2^53 units `SCALE_EXCEEDED`. Messages (`applyDiff`, `applyLevels`, `applyOffsets`, `applyTicks`, `applyRaw`, `replaceWith`,
 * `replaceWithOffsets`, `replaceWithRaw`) are looked at as a whole first: when one throws, none of it was applied. `setLevel`,
 * `setLevelBytes` and `setTicks` promise that for their one level. What takes offsets or ticks allocates nothing but the
 * room for more levels.
 *
 * Ticks and units count in steps of `10^-priceDecimals` and `10^-quantityDecimals`. Those decimals grow when a text needs
 * more, so whoever keeps ticks has to look whether they did.
 *
 * A change costs the same near the touch and far from it, with 1000 levels and with 6000. The number of levels has no
 * limit of its own: the exchange's price filter bounds it. A level takes at most about 400 bytes, when no other is within
 * 32 ticks; see `memoryBytes` for what a book takes, and the README for what real books took.
 *
 * @example
 * const book = new OrderBook();
 * book.setLevel('bid', '63943.90', '46.372');
 * book.bestBid(); // ['63943.9', '46.372']
 */
export class OrderBook {
  readonly #bids = new Ladder('bid');
  readonly #asks = new Ladder('ask');
  readonly #prices: DecimalScale;
  readonly #quantities: DecimalScale;
  readonly #reader: LevelReader;

  constructor(options: OrderBookOptions = {}) {
    this.#prices = new DecimalScale(options.priceDecimals ?? 0, (factor) => this.#multiplyTicks(factor));
    this.#quantities = new DecimalScale(options.quantityDecimals ?? 0, (factor) =>
      this.#multiplyUnits(factor),
    );
    this.#reader = new LevelReader(this.#prices, this.#quantities);
  }

  /** Decimals of a tick at this moment. */
  get priceDecimals(): number {
    return this.#prices.decimals;
  }

  /** Decimals of a unit of quantity at this moment. */
  get quantityDecimals(): number {
    return this.#quantities.decimals;
  }

  /** Sets levels of one side in the order given. */
  applyLevels(side: BookSide, levels: readonly PriceLevel[]): void {
    this.applyDiff(side === 'bid' ? { bids: levels, asks: NO_LEVELS } : { bids: NO_LEVELS, asks: levels });
  }

  /** Sets levels of both sides. */
  applyDiff({ bids, asks }: BookLevels): void {
    this.#apply(this.#reader.readTexts(bids, asks), bids.length, asks.length);
  }

  /** Replaces everything that is held by the levels of a snapshot; a side without levels is legal. */
  replaceWith({ bids, asks }: BookLevels): void {
    const levels = this.#reader.readTexts(bids, asks);
    this.clear();
    this.#apply(levels, bids.length, asks.length);
  }

  /**
   * Like `applyDiff`, with the texts as ranges of `bytes`. A level has four offsets: start and end of its price, start and
   * end of its quantity, the ends excluded. The bids come first.
   */
  applyOffsets(bytes: Uint8Array, offsets: Int32Array, bidCount: number, askCount: number): void {
    this.#apply(this.#reader.readOffsets(bytes, offsets, bidCount, askCount), bidCount, askCount);
  }

  /** Like `replaceWith`, with the arguments of `applyOffsets`. */
  replaceWithOffsets(bytes: Uint8Array, offsets: Int32Array, bidCount: number, askCount: number): void {
    const levels = this.#reader.readOffsets(bytes, offsets, bidCount, askCount);
    this.clear();
    this.#apply(levels, bidCount, askCount);
  }

  /**
   * Sets levels that are ticks and units by turns, the bids first. Throws `LEVEL_MALFORMED`, and applies nothing, unless all
   * are integers from 0 below 2^53.
   */
  applyTicks(levels: Float64Array, bidCount: number, askCount: number): void {
    requireLevels(levels.length, 2, bidCount, askCount);
    requireIntegers(levels, bidCount, askCount);
    this.#apply(levels, bidCount, askCount);
  }

  /** Like `applyTicks` when the levels were read in the scale that the book has now, else like `applyOffsets`. */
  applyRaw(levels: RawLevels): void {
    const { bidCount, askCount } = levels;
    const isInTicks =
      levels.priceDecimals === this.priceDecimals && levels.quantityDecimals === this.quantityDecimals;
    if (isInTicks) this.applyTicks(levels.ticks, bidCount, askCount);
    else this.applyOffsets(levels.bytes, levels.offsets, bidCount, askCount);
  }

  /** Like `replaceWithOffsets`. */
  replaceWithRaw({ bytes, offsets, bidCount, askCount }: RawLevels): void {
    this.replaceWithOffsets(bytes, offsets, bidCount, askCount);
  }

  /** Sets the absolute quantity at a price; `'0'` removes the level. */
  setLevel(side: BookSide, priceText: string, quantityText: string): void {
    this.#ladder(side).apply(this.#reader.readText(side, priceText, quantityText), 0, 2);
  }

  /** Like `setLevel`, with the texts as ranges of `bytes`, their ends excluded. Allocates nothing. */
  // eslint-disable-next-line max-params -- an object a level would cost more than the level
  setLevelBytes(
    side: BookSide,
    bytes: Uint8Array,
    priceStart: number,
    priceEnd: number,
    quantityStart: number,
    quantityEnd: number,
  ): void {
    oneLevel[0] = priceStart;
    oneLevel[1] = priceEnd;
    oneLevel[2] = quantityStart;
    oneLevel[3] = quantityEnd;
    const bidCount = side === 'bid' ? 1 : 0;
    this.applyOffsets(bytes, oneLevel, bidCount, 1 - bidCount);
  }

  /** Like `setLevel`, in ticks and units; throws like `applyTicks`. */
  setTicks(side: BookSide, ticks: number, units: number): void {
    oneTicks[0] = ticks;
    oneTicks[1] = units;
    const bidCount = side === 'bid' ? 1 : 0;
    this.applyTicks(oneTicks, bidCount, 1 - bidCount);
  }

  /** Removes all levels; the decimals stay as wide as they have become. */
  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
  }

  bestBid(): PriceLevel | undefined {
    return this.#best(this.#bids);
  }

  bestAsk(): PriceLevel | undefined {
    return this.#best(this.#asks);
  }

  /** Price of the best bid in ticks, -1 when there is none. */
  get bestBidTicks(): number {
    return this.#bids.bestTicks;
  }

  /** Quantity of the best bid in units, -1 when there is none. */
  get bestBidUnits(): number {
    return this.#bids.bestUnits;
  }

  /** Price of the best ask in ticks, -1 when there is none. */
  get bestAskTicks(): number {
    return this.#asks.bestTicks;
  }

  /** Quantity of the best ask in units, -1 when there is none. */
  get bestAskUnits(): number {
    return this.#asks.bestUnits;
  }

  /** Whether the best bid is at or above the best ask: on a continuous market a sign that the book is wrong. */
  get isCrossed(): boolean {
    const ask = this.#asks.bestTicks;
    return ask !== -1 && this.#bids.bestTicks >= ask;
  }

  /** The best `depth` levels of each side, best first. */
  top(depth: number): { bids: PriceLevel[]; asks: PriceLevel[] } {
    return { bids: [...this.#print(this.#bids, depth)], asks: [...this.#print(this.#asks, depth)] };
  }

  /**
   * Writes the best `depth` levels of a side to `out`, best first, ticks and units by turns, and returns how many they
   * are: no more than there are, and than `out` has room for. Allocates nothing.
   */
  topTicks(side: BookSide, depth: number, out: Float64Array): number {
    return this.#ladder(side).copyBest(depth, out);
  }

  /** All levels of a side, best first, as they are at the moment of the call. */
  levels(side: BookSide): IterableIterator<PriceLevel> {
    return this.#print(this.#ladder(side), Infinity);
  }

  /** Number of levels of a side; counting takes one step for 32 neighbouring prices. */
  count(side: BookSide): number {
    return this.#ladder(side).count;
  }

  /** Bytes that the levels of this book take, with what is kept ready for more of them. */
  get memoryBytes(): number {
    return this.#bids.bytes + this.#asks.bytes;
  }

  /** The quantity at a price, `'0'` where there is no level. Throws `LEVEL_MALFORMED` when the price is no decimal. */
  quantityAt(side: BookSide, priceText: string): string {
    try {
      const ticks = this.#reader.findTicks(priceText);
      return ticks === undefined ? '0' : this.#quantityText(this.#ladder(side).unitsAt(ticks));
    } catch (cause) {
      throw refusedLevel({ side, price: priceText, quantity: '' }, cause);
    }
  }

  /**
   * The sha256, in hexadecimal, of all levels: lines `b <price> <quantity>\n` from the highest bid down, then
   * `a <price> <quantity>\n` from the lowest ask up, decimals without trailing zeros and exponent.
   */
  checksum(): string {
    const hash = new LineHash();
    for (const [price, quantity] of this.levels('bid')) hash.add(`b ${price} ${quantity}\n`);
    for (const [price, quantity] of this.levels('ask')) hash.add(`a ${price} ${quantity}\n`);
    return hash.hex();
  }

  #ladder(side: BookSide): Ladder {
    return side === 'bid' ? this.#bids : this.#asks;
  }

  #quantityText(units: number): string {
    return unitsToDecimal(units, this.#quantities.decimals);
  }

  #best(ladder: Ladder): PriceLevel | undefined {
    const ticks = ladder.bestTicks;
    if (ticks === -1) return undefined;
    return [unitsToDecimal(ticks, this.#prices.decimals), this.#quantityText(ladder.bestUnits)];
  }

  /** Copies levels and decimals at once, because both may change while a caller still iterates. */
  #print(ladder: Ladder, depth: number): IterableIterator<PriceLevel> {
    const levels = new Float64Array(2 * Math.max(0, Math.trunc(Math.min(depth, ladder.count))));
    ladder.copyBest(depth, levels);
    return printLevels(levels, this.#prices.decimals, this.#quantities.decimals);
  }

  #apply(levels: Float64Array, bidCount: number, askCount: number): void {
    const asksStart = 2 * bidCount;
    this.#bids.apply(levels, 0, asksStart);
    this.#asks.apply(levels, asksStart, asksStart + 2 * askCount);
  }

  #multiplyTicks(factor: number): void {
    requireRoom('price', Math.max(this.#bids.ticksMax, this.#asks.ticksMax), factor);
    this.#bids.multiplyTicks(factor);
    this.#asks.multiplyTicks(factor);
  }

  #multiplyUnits(factor: number): void {
    requireRoom('quantity', Math.max(this.#bids.unitsMax, this.#asks.unitsMax), factor);
    this.#bids.multiplyUnits(factor);
    this.#asks.multiplyUnits(factor);
  }
}

function requireRoom(what: string, unitsMax: number, factor: number): void {
  if (unitsMax * factor <= Number.MAX_SAFE_INTEGER) return;
  const problem = `${what} scale: ${factor} times as fine would bring ${unitsMax} units to 2^53 or more`;
  throw new OrderBookError('SCALE_EXCEEDED', problem);
}

function* printLevels(
  levels: Float64Array,
  priceDecimals: number,
  quantityDecimals: number,
): IterableIterator<PriceLevel> {
  for (let at = 0; at < levels.length; at += 2) {
    yield [unitsToDecimal(levels[at]!, priceDecimals), unitsToDecimal(levels[at + 1]!, quantityDecimals)];
  }
}
