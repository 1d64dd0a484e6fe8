import { createHash } from 'node:crypto';

type Levels = readonly (readonly [price: string, quantity: string])[];

function plain(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** The simplest book that follows the documented rule: two maps, and an error when the chain of ids breaks. */
export class MapBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  lastUpdateId: number;
  #isJoined = false;

  constructor(snapshot: { lastUpdateId: number; bids: Levels; asks: Levels }) {
    this.lastUpdateId = snapshot.lastUpdateId;
    this.#set(this.bids, snapshot.bids);
    this.#set(this.asks, snapshot.asks);
  }

  /** Takes a diff; one that the snapshot covers is left out. */
  apply(diff: { U: number; u: number; pu?: number; b: Levels; a: Levels }): void {
    if (!this.#isJoined && (diff.pu === undefined ? diff.u <= this.lastUpdateId : diff.u < this.lastUpdateId))
      return;
    const previous = diff.pu ?? diff.U - 1;
    const follows = this.#isJoined ? previous === this.lastUpdateId : previous <= this.lastUpdateId;
    if (!follows) throw new Error(`diff ${diff.u} follows ${previous}, the book is at ${this.lastUpdateId}`);
    this.#isJoined = true;
    this.#set(this.bids, diff.b);
    this.#set(this.asks, diff.a);
    this.lastUpdateId = diff.u;
  }

  /** Price of the best level; NaN when the side is empty. */
  best(side: 'bids' | 'asks'): number {
    let best = NaN;
    for (const text of this[side].keys()) {
      const price = Number(text);
      if (Number.isNaN(best) || (side === 'bids' ? price > best : price < best)) best = price;
    }
    return best;
  }

  /** Best first. */
  sorted(side: 'bids' | 'asks'): [string, string][] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this[side]].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));
  }

  checksum(): string {
    const hash = createHash('sha256');
    for (const [price, quantity] of this.sorted('bids')) hash.update(`b ${price} ${quantity}\n`);
    for (const [price, quantity] of this.sorted('asks')) hash.update(`a ${price} ${quantity}\n`);
    return hash.digest('hex');
  }

  #set(side: Map<string, string>, levels: Levels): void {
    for (const [price, quantity] of levels) {
      if (Number(quantity) === 0) side.delete(plain(price));
      else side.set(plain(price), plain(quantity));
    }
  }
}
