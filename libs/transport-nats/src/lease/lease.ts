import type { Clock } from '../clock.ts';

/** What of the time to live may pass without a renewal before its holder stops: the rest is for what is under way. */
const USABLE_SHARE = 0.6;

/**
 * A lease as its holder sees it: by its own clock, from the moment before the last successful renewal was sent. It says
 * when to stop; that nothing is committed twice is up to the cursor.
 */
export class Lease {
  readonly partition: number;
  readonly key: string;
  readonly #clock: Clock;
  readonly #usableMs: number;
  #revision: number;
  #renewedAtMs: number;
  #isLost = false;

  constructor(
    partition: number,
    key: string,
    options: { clock: Clock; ttlMs: number; revision: number; askedAtMs: number },
  ) {
    this.partition = partition;
    this.key = key;
    this.#clock = options.clock;
    this.#usableMs = options.ttlMs * USABLE_SHARE;
    this.#revision = options.revision;
    this.#renewedAtMs = options.askedAtMs;
  }

  get revision(): number {
    return this.#revision;
  }

  get isUsable(): boolean {
    return !this.#isLost && this.#clock.nowMs() - this.#renewedAtMs < this.#usableMs;
  }

  renewed(revision: number, askedAtMs: number): void {
    this.#revision = revision;
    this.#renewedAtMs = askedAtMs;
  }

  lost(): void {
    this.#isLost = true;
  }
}
