/** A level: price in ticks, quantity in steps. */
export type Level = readonly [priceTicks: number, quantitySteps: number];

/**
 * One side of a made-up book. On purpose not the recorder's own book: the two must agree by the rules of the exchange,
 * not because they are the same code.
 */
export class PriceLadder {
  /** +1 for asks, -1 for bids: multiplied with it, a better price is always smaller. */
  readonly #sign: 1 | -1;
  /** Signed prices in rising order, the best first. */
  readonly #keys: number[] = [];
  readonly #quantities = new Map<number, number>();

  constructor(side: 'bid' | 'ask') {
    this.#sign = side === 'ask' ? 1 : -1;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Price of the level at this distance from the touch, in ticks; undefined beyond the last. */
  priceAt(index: number): number | undefined {
    const key = this.#keys[index];
    return key === undefined ? undefined : key * this.#sign;
  }

  quantity(priceTicks: number): number {
    return this.#quantities.get(priceTicks) ?? 0;
  }

  /** Sets the quantity that rests at a price; 0 removes the level, and need not find one. */
  set(priceTicks: number, quantitySteps: number): void {
    const known = this.#quantities.has(priceTicks);
    if (quantitySteps > 0) this.#quantities.set(priceTicks, quantitySteps);
    else this.#quantities.delete(priceTicks);
    if (known === quantitySteps > 0) return;
    const at = this.#position(priceTicks * this.#sign);
    if (known) this.#keys.splice(at, 1);
    else this.#keys.splice(at, 0, priceTicks * this.#sign);
  }

  /** The best `limit` levels, best first. */
  top(limit: number): Level[] {
    return this.#keys.slice(0, limit).map((key) => [key * this.#sign, this.quantity(key * this.#sign)]);
  }

  /** Index of the first key that is not smaller. */
  #position(key: number): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
