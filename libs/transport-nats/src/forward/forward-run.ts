import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Bus } from '../bus/bus.ts';
import type { TransportNatsError } from '../errors.ts';
import { isPassing } from '../errors.ts';
import type { StreamPartitions } from '../partition/partition-of.ts';
import { EMPTY_BATCH, splitBatch } from '../partition/split-batch.ts';
import { Pause } from '../pause.ts';
import type { ForwardEntry, ForwarderOptions, ForwardLimits, ForwardSource } from './forward-options.ts';
import { PartitionSender, type SendCounters } from './partition-sender.ts';
import { readTaken } from './taken-board.ts';

export interface ForwardRunOptions extends Pick<ForwarderOptions, 'node' | 'incarnation' | 'openSource'> {
  readonly bus: Bus;
  readonly limits: ForwardLimits;
  readonly counters: SendCounters;
  readonly partitions: StreamPartitions;
  /** Where reading begins. */
  readonly from: number;
  readonly committed: (position: number) => void;
  readonly retrying: (error: TransportNatsError) => void;
  readonly damaged: (problem: string) => void;
}

/** One reading of the journal: from what is stored for good to whatever ends it. */
export class ForwardRun {
  readonly #options: ForwardRunOptions;
  readonly #ending = new AbortController();
  readonly #room: Pause;
  #senders: PartitionSender[] = [];
  #readPosition: number;
  #source: ForwardSource | undefined;

  constructor(options: ForwardRunOptions) {
    this.#options = options;
    this.#readPosition = options.from;
    // Every partition waits with it.
    setMaxListeners(0, this.#ending.signal);
    this.#room = new Pause(options.bus.clock, this.#ending.signal);
  }

  get readPosition(): number {
    return this.#readPosition;
  }

  get pendingBytes(): number {
    return this.#senders.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }

  /** Whether a writer that has everything of a partition up to there could miss something of this reading. */
  isMissing(partition: number, after: number): boolean {
    const sender = this.#senders[partition];
    sender?.taken(after);
    return sender?.hasOutstanding === true;
  }

  stop(): void {
    this.#ending.abort();
    void this.#source?.close();
  }

  /** Resolves after `stop`; rejects with what else ended it. */
  async run(started: () => void): Promise<void> {
    try {
      await this.#begin();
      started();
      const parts = [this.#read(), this.#followCommits(), ...this.#senders.map((sender) => sender.run())];
      // All of them end before another reading begins: nothing of this one may be sent after that.
      const results = await Promise.allSettled(parts.map((part) => this.#guarded(part)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    } finally {
      this.#ending.abort();
      await this.#source?.close();
    }
  }

  /** The first that fails ends the others. */
  async #guarded(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { bus, node, incarnation, openSource, limits, counters, from, retrying } = this.#options;
    const run = randomBytes(8).toString('hex');
    const senders: PartitionSender[] = [];
    for (let partition = 0; partition < bus.partitions; partition++) {
      const taken = await readTaken(bus, partition, node, incarnation);
      senders.push(new PartitionSender({
        bus, partition, node, incarnation, run, taken, limits, counters, retrying,
        readPosition: () => this.#readPosition,
        sent: () => this.#room.wake(),
        signal: this.#ending.signal,
      })); // prettier-ignore
    }
    this.#senders = senders;
    this.#source = await openSource(from);
  }

  async #read(): Promise<void> {
    const { limits } = this.#options;
    while (!this.#ending.signal.aborted) {
      if (this.pendingBytes >= limits.pendingBytesMax) {
        await this.#room.for(limits.commitPollMs);
        continue;
      }
      const entries = await this.#source!.next(limits.readBytes);
      if (entries.length === 0) return this.stop();
      for (const entry of entries) this.#push(entry);
      this.#report();
    }
  }

  /** All pieces of an entry are pushed before its position counts as read: a frame may say that it has covered it. */
  #push(entry: ForwardEntry): void {
    const { lane, epoch, payload, position, afterDamage } = entry;
    const { parts, damage } = splitBatch(payload, this.#options.partitions);
    if (damage !== undefined) this.#options.damaged(`batch of ${lane} in epoch ${epoch}: ${damage.message}`);
    const before = this.#readPosition;
    for (const [partition, sender] of this.#senders.entries()) {
      const part = parts.get(partition) ?? (afterDamage === true ? EMPTY_BATCH : undefined);
      if (part === undefined) continue;
      const piece = { lane, epoch, position, payload: part };
      sender.push(afterDamage === true ? { ...piece, afterDamage } : piece, before);
    }
    this.#readPosition = position;
  }

  async #followCommits(): Promise<void> {
    const { bus, node, incarnation, limits, retrying } = this.#options;
    const pause = new Pause(bus.clock, this.#ending.signal);
    while (!this.#ending.signal.aborted) {
      await pause.for(limits.commitPollMs);
      try {
        await Promise.all(
          this.#senders.map(async (sender, partition) => {
            if (!sender.hasOutstanding || this.#ending.signal.aborted) return;
            sender.taken(await readTaken(bus, partition, node, incarnation));
          }),
        );
      } catch (error) {
        if (!isPassing(error)) throw error;
        retrying(error as TransportNatsError);
      }
      this.#report();
    }
  }

  #report(): void {
    let needed = this.#readPosition;
    for (const { neededFrom } of this.#senders)
      if (neededFrom !== undefined && neededFrom < needed) needed = neededFrom;
    this.#options.committed(needed);
  }
}
