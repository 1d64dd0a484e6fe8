import { encodeWish, type Wish } from './wish.ts';

interface OpenWish {
  readonly wish: Wish;
  /** NaN for one that was not told yet. */
  toldAtMs: number;
  timesTold: number;
}

const REPEAT_MS = 5000;
const TIMES_MAX = 24;
const OPEN_MAX = 1000;

/** Which wishes are due: each at once, then every five seconds, two minutes long. Beyond a thousand none is taken in. */
export class WishList {
  readonly #open = new Map<string, OpenWish>();

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  wish(wish: Wish): void {
    const key = encodeWish(wish);
    if (this.#open.has(key) || this.#open.size >= OPEN_MAX) return;
    this.#open.set(key, { wish, toldAtMs: NaN, timesTold: 0 });
  }

  /** These are fulfilled. */
  forget(isFulfilled: (wish: Wish) => boolean): void {
    for (const [key, { wish }] of this.#open) if (isFulfilled(wish)) this.#open.delete(key);
  }

  due(nowMs: number): readonly Wish[] {
    const due: Wish[] = [];
    for (const [key, open] of this.#open) {
      if (nowMs - open.toldAtMs < REPEAT_MS) continue;
      open.toldAtMs = nowMs;
      due.push(open.wish);
      if (++open.timesTold >= TIMES_MAX) this.#open.delete(key);
    }
    return due;
  }
}
