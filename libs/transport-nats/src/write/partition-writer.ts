import type { Sink } from '@org/storage';
import type { Bus } from '../bus/bus.ts';
import { WishTeller } from '../control/wish-teller.ts';
import { asking, hasCode, natsError, TransportNatsError } from '../errors.ts';
import type { Lease } from '../lease/lease.ts';
import type { ForwardFrame } from '../wire/forward-frame.ts';
import { PartitionFrames } from '../wire/partition-frames.ts';
import { NodeIntake } from '../partition/node-intake.ts';
import type { PartitionCommits } from './partition-commits.ts';
import { PartitionMerge } from '../partition/partition-merge.ts';
import { PartitionReader, type StreamMessage } from '../partition/partition-reader.ts';
import {
  PARTITION_MERGE_LIMITS,
  type PartitionedWriterOptions,
  type PartitionStatus,
  type WriteCounters,
  type WriteLimits,
} from './write-options.ts';

export interface PartitionWriterOptions extends Pick<
  PartitionedWriterOptions,
  'mergeLimits' | 'mergeHandlers' | 'handlers'
> {
  readonly bus: Bus;
  readonly lease: Lease;
  readonly commits: PartitionCommits;
  /** Open when `run` is called. */
  readonly sink: Sink;
  readonly counters: WriteCounters;
  readonly limits: WriteLimits;
  readonly retrying: (error: TransportNatsError) => void;
}

/** Messages are waited for so long before time goes on for what waits in the merge. */
const WAIT_MS = 200;
/** After a commit that was too large, so much longer than usual is waited. */
const POSTPONED_INTERVALS = 4;

/** Writes one partition from its take-over until it is stopped, or may not go on. */
export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  readonly #merge: PartitionMerge;
  readonly #intake: NodeIntake;
  readonly #reader: PartitionReader;
  readonly #frames: PartitionFrames;
  readonly #wishes: WishTeller;
  #sequence: number;
  #stored: number;
  #isDirty = false;
  #overflows = 0;
  #bytes = 0;
  #committedAtMs: number;
  #purgedAtMs: number;
  #purgedSequence = 0;
  #isStopping = false;

  constructor(options: PartitionWriterOptions) {
    const { bus, lease, commits, counters, limits, handlers, mergeLimits, mergeHandlers, retrying } = options;
    const { cursor } = commits;
    this.#options = options;
    this.#wishes = new WishTeller(bus, retrying);
    this.#frames = new PartitionFrames((problem) => {
      counters.malformed++;
      handlers?.malformed?.(lease.partition, problem);
    });
    this.#merge = new PartitionMerge({
      clock: bus.clock,
      state: cursor.state,
      nodes: Object.keys(cursor.nodes),
      patienceMs: limits.patienceMs,
      spreadMs: limits.spreadMs,
      limits: { ...PARTITION_MERGE_LIMITS, ...mergeLimits },
      handlers: {
        ...mergeHandlers,
        gap: (gap) => {
          if (gap.stream.includes('@depth')) this.#wishes.wish({ kind: 'depthSnapshot', stream: gap.stream });
          mergeHandlers?.gap?.(gap);
        },
      },
    });
    this.#intake = new NodeIntake(cursor.nodes);
    this.#sequence = cursor.sequence;
    this.#stored = cursor.stored;
    this.#reader = new PartitionReader({
      bus,
      partition: lease.partition,
      afterSequence: cursor.sequence,
      retrying,
    });
    this.#committedAtMs = this.#purgedAtMs = bus.clock.nowMs();
  }

  status(): PartitionStatus {
    const { lease, commits } = this.#options;
    return {
      partition: lease.partition,
      generation: commits.cursor.generation,
      committedSequence: commits.cursor.sequence,
      latestReceiptUs: this.#merge.latestReceiptUs,
      isWaiting: this.#merge.isWaiting,
      heldBytes: this.#merge.heldBytes,
    };
  }

  /** Ends `run` after a last commit. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Resolves after `stop`, and rejects when the partition may not be written any more, or cannot. */
  async run(): Promise<void> {
    const { lease, commits } = this.#options;
    this.#reader.start();
    try {
      await commits.tell();
      while (!this.#isStopping) {
        if (!lease.isUsable)
          throw new TransportNatsError('LEASE_LOST', lease.key, 'it was not renewed in time');
        for (const message of await this.#reader.next(WAIT_MS)) await this.#take(message);
        await this.#goOn();
      }
      if (this.#isDirty) await this.#commit();
    } finally {
      await this.#reader.close();
    }
  }

  async #goOn(): Promise<void> {
    const { bus, limits } = this.#options;
    const nowMs = bus.clock.nowMs();
    await this.#store(this.#merge.tick());
    this.#countOverflows();
    await this.#tellWishes(nowMs);
    const isDue = nowMs - this.#committedAtMs >= limits.commitIntervalMs || this.#bytes >= limits.commitBytes;
    if (this.#isDirty && isDue) await this.#commit();
    if (nowMs - this.#purgedAtMs >= limits.purgeIntervalMs) await this.#purge();
  }

  #countOverflows(): void {
    const { overflows } = this.#merge;
    this.#options.counters.overflows += overflows - this.#overflows;
    this.#overflows = overflows;
  }

  async #take({ subject, sequence, data }: StreamMessage): Promise<void> {
    const { counters } = this.#options;
    counters.messages++;
    counters.bytes += data.length;
    const frame = this.#frames.take(subject, sequence, data);
    this.#sequence = this.#frames.readBehind(sequence);
    this.#isDirty = true;
    if (frame !== undefined) await this.#takeFrame(frame);
  }

  async #takeFrame(frame: ForwardFrame): Promise<void> {
    const { counters, lease } = this.#options;
    const intake = this.#intake.take(frame);
    const { node, incarnation } = frame;
    if (frame.pieces.length > 0) this.#merge.heard(node);
    if (intake.kind === 'repeat') counters.repeats++;
    if (intake.kind === 'hole') {
      counters.holes++;
      this.#wishes.wish({
        kind: 'resend',
        node,
        incarnation,
        partition: lease.partition,
        after: intake.taken,
      });
    }
    if (intake.kind !== 'take') return;
    this.#wishes.forget((wish) => wish.kind === 'resend' && wish.node === node);
    for (const piece of intake.pieces) {
      counters.pieces++;
      await this.#store(this.#merge.take(node, piece));
    }
  }

  async #store(batch: Buffer | undefined): Promise<void> {
    if (batch === undefined) return;
    this.#stored++;
    this.#bytes += batch.length;
    this.#isDirty = true;
    await this.#options.sink.append(batch, this.#stored);
    this.#wishes.came(batch);
  }

  async #commit(): Promise<void> {
    const { bus, sink, commits, counters } = this.#options;
    this.#committedAtMs = bus.clock.nowMs();
    const content = {
      sequence: this.#sequence,
      stored: this.#stored,
      nodes: this.#intake.taken,
      state: this.#merge.state(),
    };
    try {
      await commits.commit(sink, content);
    } catch (error) {
      if (!hasCode(error, 'STATE_TOO_LARGE')) throw error;
      counters.postponed++;
      // To say so much again and again would leave no time for anything else.
      this.#committedAtMs += POSTPONED_INTERVALS * this.#options.limits.commitIntervalMs;
      return;
    }
    this.#isDirty = false;
    this.#bytes = 0;
    counters.commits++;
    await commits.tell();
  }

  /** What is committed is nobody's any more. Behind the commit, so never more than that. */
  async #purge(): Promise<void> {
    const { bus, lease, commits, retrying } = this.#options;
    this.#purgedAtMs = bus.clock.nowMs();
    const { sequence } = commits.cursor;
    if (sequence === this.#purgedSequence) return;
    const { stream } = bus.names;
    const filter = bus.names.subjectsOf(lease.partition);
    try {
      await asking(stream, async () =>
        (await bus.manager()).streams.purge(stream, { filter, seq: sequence + 1 }),
      );
      this.#purgedSequence = sequence;
    } catch (error) {
      retrying(natsError(stream, error));
    }
  }

  async #tellWishes(nowMs: number): Promise<void> {
    for (const order of this.#merge.repairs()) this.#wishes.wish({ kind: 'repair', order });
    await this.#wishes.tell(nowMs);
  }
}
