import type { Subscription } from '@nats-io/transport-node';
import type { Bus } from '../bus/bus.ts';
import { isPassing, natsError } from '../errors.ts';
import { Pause, retryDelayMs } from '../pause.ts';
import { decodeWish, type Wish } from './wish.ts';

/** Hears what writers ask for. What cannot be read is counted. */
export class WishListener {
  readonly #bus: Bus;
  readonly #heard: (wish: Wish) => void;
  readonly #ending = new AbortController();
  #subscription: Subscription | undefined;
  #running: Promise<void> | undefined;
  #malformed = 0;

  constructor(bus: Bus, heard: (wish: Wish) => void) {
    this.#bus = bus;
    this.#heard = heard;
  }

  /** Wishes that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  start(): void {
    this.#running ??= this.#listen();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#subscription?.unsubscribe();
    await this.#running;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#ending;
    const pause = new Pause(this.#bus.clock, signal);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const connection = await this.#bus.connection();
        if (signal.aborted) return;
        this.#subscription = connection.subscribe(this.#bus.names.wishes);
        for await (const { data } of this.#subscription) this.#take(data);
      } catch (error) {
        if (!isPassing(natsError(this.#bus.names.wishes, error))) return;
      }
      await pause.for(retryDelayMs(attempt, this.#bus.random));
    }
  }

  #take(data: Uint8Array): void {
    let wish: Wish;
    try {
      wish = decodeWish(data);
    } catch {
      this.#malformed++;
      return;
    }
    this.#heard(wish);
  }
}
