import type { Buffer } from 'node:buffer';
import { readRecordBatch, RECORD_TYPE } from '@org/storage';
import type { Bus } from '../bus/bus.ts';
import { isPassing, natsError, type TransportNatsError } from '../errors.ts';
import { WishList } from './wish-list.ts';
import { encodeWish, type Wish } from './wish.ts';

/** Tells collectors what is wished for, as long as it is. */
export class WishTeller {
  readonly #bus: Bus;
  readonly #retrying: (error: TransportNatsError) => void;
  readonly #list = new WishList();

  constructor(bus: Bus, retrying: (error: TransportNatsError) => void) {
    this.#bus = bus;
    this.#retrying = retrying;
  }

  wish(wish: Wish): void {
    this.#list.wish(wish);
  }

  /** These are fulfilled. */
  forget(isFulfilled: (wish: Wish) => boolean): void {
    this.#list.forget(isFulfilled);
  }

  /** Records that came: a snapshot of depth fulfils the wish for it. */
  came(batch: Buffer): void {
    if (this.#list.isEmpty) return;
    const streams = new Set<string>();
    readRecordBatch(batch, ({ type, stream }) => {
      if (type === RECORD_TYPE.depthSnapshot) streams.add(stream);
    });
    this.#list.forget((wish) => wish.kind === 'depthSnapshot' && streams.has(wish.stream));
  }

  /** Those that are due. What cannot be told now is told again. */
  async tell(nowMs: number): Promise<void> {
    const due = this.#list.due(nowMs);
    if (due.length === 0) return;
    const { wishes } = this.#bus.names;
    try {
      const connection = await this.#bus.connection();
      for (const wish of due) connection.publish(wishes, encodeWish(wish));
    } catch (cause) {
      const error = natsError(wishes, cause);
      if (!isPassing(error)) throw cause;
      this.#retrying(error);
    }
  }
}
