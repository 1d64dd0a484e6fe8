import type { Instrument } from './instrument.ts';
import { PriceLadder } from './price-ladder.ts';
import type { Random } from '../random.ts';

export type Side = 'bid' | 'ask';

/** What the flow tells as it happens. Quantities are what now rests on the level: absolute, 0 when it is gone. */
export interface FlowEvents {
  changed(side: Side, priceTicks: number, quantitySteps: number, updateId: number): void;
  /** Fills of one taker order at one price, one entry a maker order that was hit. */
  traded(priceTicks: number, fills: readonly number[], isBuyerMaker: boolean): void;
}

/** Levels that stay far away from the touch, on each side, out to ±90 %: real books are full of them. */
const FAR_LEVELS = 40;
/** However many orders come, a side never gets thinner than this. */
const LEVELS_MIN = 20;
/** Ids are shared by all symbols of the exchange, so those of one symbol have holes. */
const UPDATE_ID_STEP_MAX = 6;

/**
 * A book that lives: orders come, change and go near the touch and far from it, taker orders eat into it, and its price
 * wanders. A function of its random stream alone.
 */
export class OrderFlow {
  readonly bids = new PriceLadder('bid');
  readonly asks = new PriceLadder('ask');
  readonly #instrument: Instrument;
  readonly #random: Random;
  readonly #levels: number;
  readonly #events: FlowEvents;
  /** Where the market wants to be, in ticks. */
  #fairTicks: number;
  #updateId: number;

  constructor(
    instrument: Instrument,
    options: { levels: number; firstUpdateId: number; random: Random },
    events: FlowEvents,
  ) {
    this.#instrument = instrument;
    this.#random = options.random;
    this.#levels = Math.max(options.levels, LEVELS_MIN + FAR_LEVELS);
    this.#events = events;
    this.#fairTicks = instrument.firstPriceTicks;
    this.#updateId = options.firstUpdateId;
    this.#fill('bid', -1);
    this.#fill('ask', 1);
  }

  /** Id of the newest change. */
  get updateId(): number {
    return this.#updateId;
  }

  get midTicks(): number {
    return (this.bids.priceAt(0)! + this.asks.priceAt(0)!) / 2;
  }

  /** One moment of the market with about `meanChanges` order events, and a taker order when `trades` says so. */
  step(meanChanges: number, trades: number): void {
    this.#fairTicks = Math.max(LEVELS_MIN * 100, this.#fairTicks + this.#random.normal() * 0.6);
    const burst = this.#random.next() < 0.01 ? 60 + this.#random.below(120) : 0;
    const changes = this.#random.geometric(meanChanges) + burst;
    for (let n = 0; n < changes; n++) this.#orderEvent(this.#random.next() < 0.5 ? 'bid' : 'ask');
    for (let n = 0; n < trades; n++) this.#takerOrder();
    this.#level('bid');
    this.#level('ask');
  }

  #ladder(side: Side): PriceLadder {
    return side === 'bid' ? this.bids : this.asks;
  }

  #set(side: Side, priceTicks: number, quantitySteps: number): void {
    this.#ladder(side).set(priceTicks, quantitySteps);
    this.#updateId += 1 + this.#random.below(UPDATE_ID_STEP_MAX);
    this.#events.changed(side, priceTicks, quantitySteps, this.#updateId);
  }

  #quantity(): number {
    return 1 + this.#random.geometric(this.#instrument.levelQuantitySteps);
  }

  #orderEvent(side: Side): void {
    const ladder = this.#ladder(side);
    const kind = this.#random.next();
    if (kind < 0.6) this.#placeNear(side);
    else if (kind < 0.75) this.#cancel(side, this.#random.geometric(6));
    else if (kind < 0.83) this.#deleteUnknown(side);
    else if (kind < 0.95) this.#amend(side, this.#random.below(ladder.size));
    else this.#amend(side, ladder.size - 1 - this.#random.below(FAR_LEVELS));
  }

  /** A new or changed order near the touch, sometimes inside the spread, never through it. */
  #placeNear(side: Side): void {
    const sign = side === 'bid' ? 1 : -1;
    const own = this.#ladder(side).priceAt(0)!;
    const other = this.#ladder(side === 'bid' ? 'ask' : 'bid').priceAt(0)!;
    const room = (other - own) * sign - 1;
    const wanted = (this.#fairTicks - own) * sign > 0.5;
    const inside = room > 0 && wanted ? Math.min(room, 1 + this.#random.geometric(0.5)) : 0;
    const price = inside > 0 ? own + sign * inside : own - sign * this.#random.geometric(9);
    if (price > 0) this.#set(side, price, this.#quantity());
  }

  #cancel(side: Side, index: number): void {
    const ladder = this.#ladder(side);
    if (ladder.size <= LEVELS_MIN + FAR_LEVELS) return;
    this.#set(side, ladder.priceAt(Math.min(index, ladder.size - 1))!, 0);
  }

  /** Most deletes on the wire name a level that a reader does not hold. */
  #deleteUnknown(side: Side): void {
    const ladder = this.#ladder(side);
    const sign = side === 'bid' ? 1 : -1;
    const price = ladder.priceAt(0)! - sign * this.#random.geometric(400);
    if (price > 0 && ladder.quantity(price) === 0) this.#set(side, price, 0);
  }

  #amend(side: Side, index: number): void {
    const price = this.#ladder(side).priceAt(Math.max(0, index));
    if (price !== undefined) this.#set(side, price, this.#quantity());
  }

  /** A market order: it takes the best levels one after the other until it is filled. */
  #takerOrder(): void {
    const buys =
      this.#random.next() < 0.5 + Math.max(-0.45, Math.min(0.45, (this.#fairTicks - this.midTicks) / 8));
    const side: Side = buys ? 'ask' : 'bid';
    const ladder = this.#ladder(side);
    let left = 1 + this.#random.geometric(this.#instrument.levelQuantitySteps * 0.8);
    while (left > 0 && ladder.size > LEVELS_MIN) {
      const price = ladder.priceAt(0)!;
      const resting = ladder.quantity(price);
      const taken = Math.min(left, resting);
      this.#set(side, price, resting - taken);
      this.#events.traded(price, this.#splitFill(taken), !buys);
      left -= taken;
    }
  }

  /** The maker orders of a level that a taker order meets: one to three of them. */
  #splitFill(quantitySteps: number): readonly number[] {
    const fills: number[] = [];
    let left = quantitySteps;
    while (left > 1 && fills.length < 2 && this.#random.next() < 0.3) {
      const part = 1 + this.#random.below(left - 1);
      fills.push(part);
      left -= part;
    }
    return [...fills, left];
  }

  /** Keeps the number of levels near what was asked for: new ones behind the dense part, surplus ones away from there. */
  #level(side: Side): void {
    const ladder = this.#ladder(side);
    const sign = side === 'bid' ? 1 : -1;
    for (let missing = Math.min(4, this.#levels - ladder.size); missing > 0; missing--) {
      const edge = ladder.priceAt(ladder.size - 1 - FAR_LEVELS)!;
      const price = edge - sign * (1 + this.#random.below(3));
      if (price > 0) this.#set(side, price, this.#quantity());
    }
    while (ladder.size > this.#levels) this.#set(side, ladder.priceAt(ladder.size - 1 - FAR_LEVELS)!, 0);
  }

  /** The book that the market opens with; nobody saw it being built, so it makes no events. */
  #fill(side: Side, sign: 1 | -1): void {
    const ladder = this.#ladder(side);
    const first = this.#instrument.firstPriceTicks;
    for (let n = 0; n < FAR_LEVELS; n++) {
      const share = 0.05 + (0.85 * n) / (FAR_LEVELS - 1);
      ladder.set(Math.max(1, Math.round(first * (1 + sign * share))), this.#quantity() * 20);
    }
    let price = first + (sign > 0 ? 1 : 0);
    while (ladder.size < this.#levels) {
      ladder.set(price, this.#quantity());
      price += sign * (1 + (this.#random.next() < 0.2 ? this.#random.below(3) : 0));
    }
  }
}
