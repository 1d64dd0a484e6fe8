import type { Bus } from '../bus/bus.ts';
import { checkName } from '../bus/names.ts';
import { WishListener } from '../control/wish-listener.ts';
import type { Wish } from '../control/wish.ts';
import { isPassing, natsError } from '../errors.ts';
import { StreamPartitions } from '../partition/partition-of.ts';
import { Pause, retryDelayMs } from '../pause.ts';
import { ForwardRun } from './forward-run.ts';
import {
  FORWARD_LIMITS,
  type ForwarderOptions,
  type ForwarderStats,
  type ForwardLimits,
} from './forward-options.ts';
import type { SendCounters } from './partition-sender.ts';

/**
 * Forwards a journal, raw and split by partition, to a stream on the servers, and says how much of it writers have stored.
 *
 * It never drops: a full stream, a slow or a dead server make it wait, and the journal keeps what it has not sent. A
 * writer that misses something (a server that lost what it had acknowledged) makes it read again from what is stored.
 */
export class Forwarder {
  readonly #bus: Bus;
  readonly #options: ForwarderOptions;
  readonly #limits: ForwardLimits;
  readonly #partitions: StreamPartitions;
  readonly #ending = new AbortController();
  readonly #pause: Pause;
  readonly #wishes: WishListener;
  readonly #counters: SendCounters = { messages: 0, bytes: 0, retries: 0, duplicates: 0, inFlight: 0 };
  readonly #counts = { damagedBatches: 0, rewinds: 0 };
  #committed: number;
  #run: ForwardRun | undefined;
  #rewoundAtMs = -Infinity;
  #running: Promise<void> | undefined;

  constructor(bus: Bus, options: ForwarderOptions) {
    checkName('node', options.node);
    checkName('incarnation', options.incarnation);
    this.#bus = bus;
    this.#options = options;
    this.#limits = { ...FORWARD_LIMITS, ...options.limits };
    this.#partitions = new StreamPartitions(bus.partitions);
    this.#committed = options.committedPosition;
    this.#pause = new Pause(bus.clock, this.#ending.signal);
    this.#wishes = new WishListener(bus, (wish) => this.#wished(wish));
  }

  start(): void {
    this.#running ??= this.#forward();
  }

  /** Sends nothing more; what was sent and not committed comes again in the next life. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#run?.stop();
    await this.#running;
    await this.#wishes.close();
  }

  stats(): ForwarderStats {
    return {
      ...this.#counters,
      ...this.#counts,
      pendingBytes: this.#run?.pendingBytes ?? 0,
      readPosition: this.#run?.readPosition ?? this.#committed,
      committedPosition: this.#committed,
    };
  }

  async #forward(): Promise<void> {
    this.#wishes.start();
    for (let attempt = 0; !this.#ending.signal.aborted; attempt++) {
      try {
        await this.#runOnce(() => (attempt = 0));
      } catch (cause) {
        const error = natsError(this.#options.node, cause);
        if (!isPassing(cause)) return this.#options.handlers?.failed?.(cause);
        this.#options.handlers?.retrying?.(error);
        await this.#bus.recover(error);
      }
      await this.#pause.for(retryDelayMs(attempt, this.#bus.random));
    }
  }

  async #runOnce(started: () => void): Promise<void> {
    const { node, incarnation, openSource, handlers = {} } = this.#options;
    const run = new ForwardRun({
      bus: this.#bus, node, incarnation, openSource, limits: this.#limits, counters: this.#counters,
      partitions: this.#partitions, from: this.#committed,
      committed: (position) => this.#advance(position),
      retrying: (error) => handlers.retrying?.(error),
      damaged: (problem) => {
        this.#counts.damagedBatches++;
        handlers.damaged?.(problem);
      },
    }); // prettier-ignore
    this.#run = run;
    if (this.#ending.signal.aborted) return;
    await run.run(started);
  }

  #advance(position: number): void {
    if (position <= this.#committed) return;
    this.#committed = position;
    this.#options.handlers?.committed?.(position);
  }

  #wished(wish: Wish): void {
    const { node, incarnation } = this.#options;
    if (wish.kind !== 'resend' || wish.node !== node || wish.incarnation !== incarnation) return;
    const nowMs = this.#bus.clock.nowMs();
    if (nowMs - this.#rewoundAtMs < this.#limits.rewindIntervalMs) return;
    if (this.#run?.isMissing(wish.partition, wish.after) !== true) return;
    this.#rewoundAtMs = nowMs;
    this.#counts.rewinds++;
    this.#run.stop();
  }
}
