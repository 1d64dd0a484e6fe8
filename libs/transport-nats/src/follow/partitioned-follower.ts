import type { Bus } from '../bus/bus.ts';
import { WishTeller } from '../control/wish-teller.ts';
import { asking, isPassing, natsError, type TransportNatsError } from '../errors.ts';
import { Pause } from '../pause.ts';
import type { FollowCounters, FollowerStats, PartitionedFollowerOptions } from './follow-options.ts';
import { PartitionFollower } from './partition-follower.ts';

const FAILURE_PAUSE_MS = 10_000;
const WATCH_INTERVAL_MS = 1000;

/**
 * Follows what collectors forward, of all partitions, without storing anything: for live books. There may be any number
 * of followers, beginning and ending at any time; writers and collectors know nothing of them but their wishes for
 * snapshots.
 */
export class PartitionedFollower {
  readonly #bus: Bus;
  readonly #options: PartitionedFollowerOptions;
  readonly #ending = new AbortController();
  readonly #wishes: WishTeller;
  readonly #followers = new Map<number, PartitionFollower>();
  readonly #counters: FollowCounters = {
    messages: 0, bytes: 0, pieces: 0, repeats: 0, leaps: 0, refused: 0, malformed: 0, retries: 0, answers: 0,
  }; // prettier-ignore
  #running: Promise<unknown> | undefined;

  constructor(bus: Bus, options: PartitionedFollowerOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#wishes = new WishTeller(bus, (error) => this.#retrying(error));
  }

  start(): void {
    const partitions = Array.from({ length: this.#bus.partitions }, (_, partition) => partition);
    this.#running ??= Promise.all([this.#watch(), ...partitions.map((partition) => this.#follow(partition))]);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    for (const follower of this.#followers.values()) follower.stop();
    await this.#running;
  }

  /** A snapshot of this depth stream is wanted from the exchange; told to collectors until it comes, for two minutes. */
  wishSnapshot(stream: string): void {
    this.#wishes.wish({ kind: 'depthSnapshot', stream });
  }

  stats(): FollowerStats {
    const partitions = Array.from(this.#followers.values(), (follower) => follower.status());
    return { ...this.#counters, partitions };
  }

  async #follow(partition: number): Promise<void> {
    const { failurePauseMs = FAILURE_PAUSE_MS, ...options } = this.#options;
    const { signal } = this.#ending;
    const pause = new Pause(this.#bus.clock, signal);
    while (!signal.aborted) {
      const follower = new PartitionFollower({
        ...options, bus: this.#bus, partition, counters: this.#counters, wishes: this.#wishes,
        retrying: (error) => this.#retrying(error),
      }); // prettier-ignore
      this.#followers.set(partition, follower);
      try {
        await follower.run();
      } catch (error) {
        this.#options.handlers?.failed?.(partition, error);
        await pause.for(failurePauseMs);
      }
    }
  }

  /** Readers wait for a server that is gone as they wait for one that has nothing; somebody has to notice. */
  async #watch(): Promise<void> {
    const { signal } = this.#ending;
    const { stream } = this.#bus.names;
    const pause = new Pause(this.#bus.clock, signal);
    while (!signal.aborted) {
      try {
        await asking(stream, async () => (await this.#bus.manager()).streams.info(stream));
        this.#counters.answers++;
      } catch (error) {
        // What does not pass every partition tells by itself.
        if (isPassing(error) && !signal.aborted) this.#retrying(natsError(stream, error));
      }
      await pause.for(WATCH_INTERVAL_MS);
    }
  }

  #retrying(error: TransportNatsError): void {
    this.#counters.retries++;
    this.#options.handlers?.retrying?.(error);
  }
}
