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

/**
 * A book and the events that lead once around and back to it, so that they can be said for ever: what the book is after
 * any number of them is known without keeping it. The last event undoes whatever the others have left behind.
 */
export class DepthCycle {
  readonly shape: CycleShape;
  readonly #first: Book;
  readonly #events: readonly CycleEvent[];

  constructor(shape: CycleShape, first: LevelChanges, changes: readonly LevelChanges[]) {
    this.shape = shape;
    this.#first = [new Map(first.bids), new Map(first.asks)];
    const [bids, asks] = this.#after(changes);
    const back = { bids: difference(bids, this.#first[0]), asks: difference(asks, this.#first[1]) };
    this.#events = [...changes, back]
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

  /** The book behind so many events of a round, best levels first, written as the exchange writes them. */
  book(position: number, limit = Infinity): { bids: [string, string][]; asks: [string, string][] } {
    const [bids, asks] = this.#after(this.#events.slice(0, position % this.#events.length));
    return { bids: this.#best(bids, -1, limit), asks: this.#best(asks, 1, limit) };
  }

  #after(changes: readonly LevelChanges[]): Book {
    const [bids, asks] = [new Map(this.#first[0]), new Map(this.#first[1])];
    for (const one of changes) {
      apply(bids, one.bids);
      apply(asks, one.asks);
    }
    return [bids, asks];
  }

  #best(side: ReadonlyMap<number, number>, sign: 1 | -1, limit: number): [string, string][] {
    const sorted = [...side].sort((a, b) => sign * (a[0] - b[0]));
    return sorted.slice(0, limit).map((level) => this.#written(level));
  }

  #written([price, quantity]: UnitLevel): [string, string] {
    const { priceDecimals, quantityDecimals } = this.shape;
    return [fixedDecimal(price, priceDecimals), fixedDecimal(quantity, quantityDecimals)];
  }

  #tail({ bids, asks }: LevelChanges): Buffer {
    const levels = (side: readonly UnitLevel[]): string =>
      JSON.stringify(side.map((level) => this.#written(level)));
    return Buffer.from(`"b":${levels(bids)},"a":${levels(asks)},"st":1}}`);
  }
}
