import { Buffer } from 'node:buffer';
import { fixedDecimal } from '../decimal-text.ts';
import type { SymbolRules } from '../market-source.ts';

/** A level in whole units: of the last price decimal, of the last quantity decimal. Quantity 0 deletes. */
export type UnitLevel = readonly [priceUnits: number, quantityUnits: number];

/** Levels that change together. */
export interface LevelChanges {
  readonly bids: readonly UnitLevel[];
  readonly asks: readonly UnitLevel[];
}

/** One event of a cycle as the wire has it: everything behind the ids. */
export interface CycleEvent extends LevelChanges {
  readonly tail: Buffer;
}

/** How a symbol's numbers are written, and where its price is. */
export interface CycleShape extends Omit<SymbolRules, 'symbol' | 'pair'> {
  readonly tickUnits: number;
  /** Between the best bid and the best ask of the first book. */
  readonly midUnits: number;
}

type Book = readonly [bids: Map<number, number>, asks: Map<number, number>];

function apply(side: Map<number, number>, changes: readonly UnitLevel[]): void {
  for (const [price, quantity] of changes) {
    if (quantity === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

/** The changes that make `to` out of `from`, prices upwards as the exchange sorts them. */
function difference(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): UnitLevel[] {
  const changes: UnitLevel[] = [];
  for (const [price, quantity] of to) if (from.get(price) !== quantity) changes.push([price, quantity]);
  for (const price of from.keys()) if (!to.has(price)) changes.push([price, 0]);
  return changes.sort((a, b) => a[0] - b[0]);
}

function bestFirst(side: ReadonlyMap<number, number>, sign: 1 | -1): UnitLevel[] {
  return [...side].sort((a, b) => sign * (a[0] - b[0]));
}

/** Levels in an event of the way back: about as many as in the largest hundredth of the others. */
const WAY_BACK_LEVELS = 300;

/**
 * The changes in several events. First what goes, then what comes: the books in between are parts of the one or of the
 * other, so they are never crossed.
 */
function wayBack(bids: readonly UnitLevel[], asks: readonly UnitLevel[]): LevelChanges[] {
  const events: LevelChanges[] = [];
  for (const goes of [true, false]) {
    const ofKind = ([, quantity]: UnitLevel): boolean => (quantity === 0) === goes;
    const [some, others] = [bids.filter(ofKind), asks.filter(ofKind)];
    const count = Math.ceil((some.length + others.length) / WAY_BACK_LEVELS);
    for (let part = 0; part < count; part++) {
      const cut = (side: readonly UnitLevel[]): readonly UnitLevel[] =>
        side.slice(Math.floor((side.length * part) / count), Math.floor((side.length * (part + 1)) / count));
      events.push({ bids: cut(some), asks: cut(others) });
    }
  }
  return events;
}

/**
 * A book and the events that lead once around and back to it, so that they can be said for ever: what the book is after
 * any number of them is known without keeping it. The last events undo whatever the others have left behind.
 */
export class DepthCycle {
  readonly shape: CycleShape;
  readonly #first: Book;
  readonly #events: readonly CycleEvent[];

  constructor(shape: CycleShape, first: LevelChanges, changes: readonly LevelChanges[]) {
    this.shape = shape;
    this.#first = [new Map(first.bids), new Map(first.asks)];
    const [bids, asks] = this.#after(changes);
    const back = wayBack(difference(bids, this.#first[0]), difference(asks, this.#first[1]));
    this.#events = [...changes, ...back]
      .filter((one) => one.bids.length + one.asks.length > 0)
      .map((one) => ({ ...one, tail: this.#tail(one) }));
  }

  get length(): number {
    return this.#events.length;
  }

  /** The event that follows behind so many. */
  event(position: number): CycleEvent {
    return this.#events[position % this.#events.length]!;
  }

  /** The book behind so many events of a round, best levels first. */
  book(position: number): LevelChanges {
    const [bids, asks] = this.#after(this.#events.slice(0, position % this.#events.length));
    return { bids: bestFirst(bids, -1), asks: bestFirst(asks, 1) };
  }

  /** A level as the exchange writes it. */
  written([price, quantity]: UnitLevel): readonly [price: string, quantity: string] {
    const { priceDecimals, quantityDecimals } = this.shape;
    return [fixedDecimal(price, priceDecimals), fixedDecimal(quantity, quantityDecimals)];
  }

  #after(changes: readonly LevelChanges[]): Book {
    const [bids, asks] = [new Map(this.#first[0]), new Map(this.#first[1])];
    for (const one of changes) {
      apply(bids, one.bids);
      apply(asks, one.asks);
    }
    return [bids, asks];
  }

  #tail({ bids, asks }: LevelChanges): Buffer {
    const levels = (side: readonly UnitLevel[]): string =>
      JSON.stringify(side.map((level) => this.written(level)));
    return Buffer.from(`"b":${levels(bids)},"a":${levels(asks)},"st":1}}`);
  }
}
