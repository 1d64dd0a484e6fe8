import { type BookSide, type PriceLevel, unitsToDecimal } from '@org/market-data';
import { LineHash } from './checksum.ts';
import { DecimalScale } from './decimal-scale.ts';
import { OrderBookError, refusedLevel } from './errors.ts';
import { Ladder, type LadderLevels } from './ladder.ts';
import { LEVEL_TEXT_BYTES, readLevelText, writeLevelText } from './level-text.ts';

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

/**
 * The price levels of both sides, exact: prices and quantities are integers of ticks and units, so nothing rounds.
 *
 * Quantities are absolute, 0 removes, and removing a level that is not there is normal. Prices and quantities come out
 * as exact decimal text without trailing zeros. The book knows nothing of update ids; `BookSync` does. The number of
 * levels has no limit of its own: the exchange's price filter bounds it, at 16 bytes a level.
 *
 * A level that is not two plain decimals throws {@link OrderBookError} `LEVEL_MALFORMED`, one that would need more than
 * 2^53 units `SCALE_EXCEEDED`. `applyLevels`, `applyDiff` and `replaceWith` read the whole message first: when they
 * throw, none of it was applied. `setLevel` and `setLevelBytes` promise that for their one level.
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
  readonly #text = new Uint8Array(LEVEL_TEXT_BYTES);
  /** Levels of a message that are read and not yet applied: ticks and units by turns. */
  #staged = new Float64Array(2048);

  constructor(options: OrderBookOptions = {}) {
    this.#prices = new DecimalScale(options.priceDecimals ?? 0, (factor) => this.#multiplyTicks(factor));
    this.#quantities = new DecimalScale(options.quantityDecimals ?? 0, (factor) =>
      this.#multiplyUnits(factor),
    );
  }

  /** Sets levels of one side in the order given. */
  applyLevels(side: BookSide, levels: readonly PriceLevel[]): void {
    this.applyDiff(side === 'bid' ? { bids: levels, asks: NO_LEVELS } : { bids: NO_LEVELS, asks: levels });
  }

  /** Sets levels of both sides. */
  applyDiff(levels: BookLevels): void {
    this.#stage(levels);
    this.#commit(levels);
  }

  /** Replaces everything that is held by the levels of a snapshot; a side without levels is legal. */
  replaceWith(levels: BookLevels): void {
    this.#stage(levels);
    this.clear();
    this.#commit(levels);
  }

  /** Sets the absolute quantity at a price; `'0'` removes the level. */
  setLevel(side: BookSide, priceText: string, quantityText: string): void {
    this.#readLevel(side, [priceText, quantityText], 0);
    this.#ladder(side).set(this.#staged[0]!, this.#staged[1]!);
  }

  /** Like `setLevel`, with the texts as ranges of `bytes`, their ends excluded. Allocates nothing. */
  // eslint-disable-next-line max-params -- on the hot path an object a level would cost more than the level
  setLevelBytes(
    side: BookSide,
    bytes: Uint8Array,
    priceStart: number,
    priceEnd: number,
    quantityStart: number,
    quantityEnd: number,
  ): void {
    let ticks = 0;
    let units = 0;
    try {
      ticks = this.#prices.read(bytes, priceStart, priceEnd);
      units = this.#quantities.read(bytes, quantityStart, quantityEnd);
    } catch (cause) {
      const price = readLevelText(bytes, priceStart, priceEnd);
      throw refusedLevel({ side, price, quantity: readLevelText(bytes, quantityStart, quantityEnd) }, cause);
    }
    this.#ladder(side).set(ticks, units);
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

  /** Whether the best bid is at or above the best ask: on a continuous market a sign that the book is wrong. */
  get isCrossed(): boolean {
    const bid = this.#bids.bestTicks;
    const ask = this.#asks.bestTicks;
    return bid !== undefined && ask !== undefined && bid >= ask;
  }

  /** The best `depth` levels of each side, best first. */
  top(depth: number): { bids: PriceLevel[]; asks: PriceLevel[] } {
    return { bids: [...this.#print(this.#bids.best(depth))], asks: [...this.#print(this.#asks.best(depth))] };
  }

  /** All levels of a side, best first, as they are at the moment of the call. */
  levels(side: BookSide): IterableIterator<PriceLevel> {
    return this.#print(this.#ladder(side).best(Infinity));
  }

  /** Number of levels of a side. */
  count(side: BookSide): number {
    return this.#ladder(side).count;
  }

  /** The quantity at a price, `'0'` where there is no level. Throws `LEVEL_MALFORMED` when the price is no decimal. */
  quantityAt(side: BookSide, priceText: string): string {
    try {
      const ticks = this.#prices.find(this.#text, 0, writeLevelText(priceText, this.#text));
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
    if (ticks === undefined) return undefined;
    return [unitsToDecimal(ticks, this.#prices.decimals), this.#quantityText(ladder.unitsAt(ticks))];
  }

  /** Passes the decimals of this moment along, because the scale may widen while a caller still iterates. */
  #print(levels: LadderLevels): IterableIterator<PriceLevel> {
    return printLevels(levels, this.#prices.decimals, this.#quantities.decimals);
  }

  /** Reads all levels of a message; starts anew when a scale widened, since that changes what was read before. */
  #stage({ bids, asks }: BookLevels): void {
    const numbers = 2 * (bids.length + asks.length);
    if (numbers > this.#staged.length) this.#staged = new Float64Array(2 * numbers);
    for (let scales = ''; scales !== this.#scales();) {
      scales = this.#scales();
      bids.forEach((level, index) => this.#readLevel('bid', level, 2 * index));
      asks.forEach((level, index) => this.#readLevel('ask', level, 2 * (bids.length + index)));
    }
  }

  #scales(): string {
    return `${this.#prices.decimals} ${this.#quantities.decimals}`;
  }

  #commit({ bids, asks }: BookLevels): void {
    const staged = this.#staged;
    let at = 0;
    for (let left = bids.length; left > 0; left--) this.#bids.set(staged[at++]!, staged[at++]!);
    for (let left = asks.length; left > 0; left--) this.#asks.set(staged[at++]!, staged[at++]!);
  }

  #readLevel(side: BookSide, [price, quantity]: PriceLevel, at: number): void {
    const text = this.#text;
    try {
      this.#staged[at] = this.#prices.read(text, 0, writeLevelText(price, text));
      this.#staged[at + 1] = this.#quantities.read(text, 0, writeLevelText(quantity, text));
    } catch (cause) {
      throw refusedLevel({ side, price, quantity }, cause);
    }
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
  levels: LadderLevels,
  priceDecimals: number,
  quantityDecimals: number,
): IterableIterator<PriceLevel> {
  for (let index = 0; index < levels.count; index++) {
    const price = unitsToDecimal(levels.ticksAt(index), priceDecimals);
    yield [price, unitsToDecimal(levels.unitsAt(index), quantityDecimals)];
  }
}
