import type { Side } from './order-flow.ts';

/** Levels that changed since the last message, price in ticks to quantity in steps, in the order of their first change. */
export interface DepthBatch {
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  readonly previousFinalUpdateId: number;
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
}

/** Collects the changes of a book for one depth stream. Every speed has a chain of ids of its own. */
export class DepthFeed {
  /** Name behind the symbol, for example `depth@100ms`. */
  readonly name: string;
  readonly #intervalMs: number;
  #bids = new Map<number, number>();
  #asks = new Map<number, number>();
  #firstUpdateId: number | undefined;
  #finalUpdateId: number;
  #previousFinalUpdateId: number;
  #nextFlushMs = 0;

  /** `intervalMs` 0 sends whatever a moment of the market brought; `startUpdateId` is the id before the first change. */
  constructor(name: string, intervalMs: number, startUpdateId: number) {
    this.name = name;
    this.#intervalMs = intervalMs;
    this.#finalUpdateId = startUpdateId;
    this.#previousFinalUpdateId = startUpdateId;
  }

  add(side: Side, priceTicks: number, quantitySteps: number, updateId: number): void {
    (side === 'bid' ? this.#bids : this.#asks).set(priceTicks, quantitySteps);
    this.#firstUpdateId ??= updateId;
    this.#finalUpdateId = updateId;
  }

  /** What is due at this time, or undefined: too early, or nothing changed. */
  take(nowMs: number): DepthBatch | undefined {
    if (nowMs < this.#nextFlushMs) return undefined;
    if (this.#intervalMs > 0)
      this.#nextFlushMs = (Math.floor(nowMs / this.#intervalMs) + 1) * this.#intervalMs;
    if (this.#firstUpdateId === undefined) return undefined;
    const batch = {
      firstUpdateId: this.#firstUpdateId,
      finalUpdateId: this.#finalUpdateId,
      previousFinalUpdateId: this.#previousFinalUpdateId,
      bids: this.#bids,
      asks: this.#asks,
    };
    this.#bids = new Map();
    this.#asks = new Map();
    this.#firstUpdateId = undefined;
    this.#previousFinalUpdateId = this.#finalUpdateId;
    return batch;
  }
}
