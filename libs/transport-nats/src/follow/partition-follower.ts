import type { Buffer } from 'node:buffer';
import type { Bus } from '../bus/bus.ts';
import type { WishTeller } from '../control/wish-teller.ts';
import type { TransportNatsError } from '../errors.ts';
import type { ForwardFrame } from '../wire/forward-frame.ts';
import { PartitionFrames } from '../wire/partition-frames.ts';
import { NodeIntake } from '../partition/node-intake.ts';
import { PartitionMerge } from '../partition/partition-merge.ts';
import { PartitionReader, type StreamMessage } from '../partition/partition-reader.ts';
import type { FollowCounters, FollowedPartition, PartitionedFollowerOptions } from './follow-options.ts';

export interface PartitionFollowerOptions extends Pick<
  PartitionedFollowerOptions,
  'merged' | 'mergeLimits' | 'mergeHandlers' | 'handlers'
> {
  readonly bus: Bus;
  readonly partition: number;
  readonly counters: FollowCounters;
  readonly wishes: WishTeller;
  readonly retrying: (error: TransportNatsError) => void;
}

/** Messages are waited for so long before time goes on for what waits in the merge. */
const WAIT_MS = 200;

/**
 * Reads one partition from the end of the stream on and merges it in memory. It has no cursor and asks nobody to send
 * again: frames that do not join are a new beginning, and the streams have to prove that they go on.
 */
export class PartitionFollower {
  readonly #options: PartitionFollowerOptions;
  readonly #merge: PartitionMerge;
  readonly #intake = new NodeIntake({});
  readonly #reader: PartitionReader;
  readonly #frames: PartitionFrames;
  /** Something is missing before the next piece. */
  #hasLeapt = false;
  #isStopping = false;

  constructor(options: PartitionFollowerOptions) {
    const { bus, partition, counters, handlers, mergeLimits, mergeHandlers, retrying } = options;
    this.#options = options;
    this.#merge = new PartitionMerge({
      clock: bus.clock,
      // A live reader waits for nobody's past: `mergeLimits` alone decides.
      patienceMs: 0,
      spreadMs: 0,
      ...(mergeLimits && { limits: mergeLimits }),
      ...(mergeHandlers && { handlers: mergeHandlers }),
    });
    this.#frames = new PartitionFrames((problem) => {
      counters.malformed++;
      handlers?.malformed?.(partition, problem);
    });
    this.#reader = new PartitionReader({ bus, partition, afterSequence: 'end', retrying });
  }

  status(): FollowedPartition {
    const { latestReceiptUs } = this.#merge;
    return { partition: this.#options.partition, sequence: this.#reader.sequence, latestReceiptUs };
  }

  /** Ends `run`. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Resolves after `stop`, and rejects when the server refuses for good. */
  async run(): Promise<void> {
    this.#reader.start();
    try {
      while (!this.#isStopping) {
        for (const message of await this.#reader.next(WAIT_MS)) this.#take(message);
        await this.#goOn();
      }
    } finally {
      await this.#reader.close();
    }
  }

  async #goOn(): Promise<void> {
    const nowMs = this.#options.bus.clock.nowMs();
    this.#tell(this.#merge.tick());
    await this.#options.wishes.tell(nowMs);
  }

  #take({ subject, sequence, data }: StreamMessage): void {
    const { counters } = this.#options;
    counters.messages++;
    counters.bytes += data.length;
    const frame = this.#frames.take(subject, sequence, data);
    if (frame !== undefined) this.#takeFrame(frame);
  }

  #takeFrame(frame: ForwardFrame): void {
    const { counters } = this.#options;
    const intake = this.#intake.take(frame);
    if (intake.kind === 'hole') {
      // Of a journal that nothing was taken of, nothing is missed: its sources are new to every stream.
      if (intake.taken > 0) {
        counters.leaps++;
        this.#hasLeapt = true;
      }
      this.#intake.skipTo(frame);
      return this.#takeFrame(frame);
    }
    if (intake.kind === 'repeat') counters.repeats++;
    if (intake.kind === 'refuse') counters.refused++;
    if (intake.kind !== 'take') return;
    for (const piece of intake.pieces) {
      counters.pieces++;
      const isDoubtful = this.#hasLeapt;
      this.#hasLeapt = false;
      this.#tell(this.#merge.take(frame.node, piece, isDoubtful));
    }
  }

  #tell(batch: Buffer | undefined): void {
    if (batch === undefined) return;
    this.#options.wishes.came(batch);
    this.#options.merged(batch);
  }
}
