import { randomUUID } from 'node:crypto';
import type { Bus } from '../bus/bus.ts';
import { checkName } from '../bus/names.ts';
import { hasCode, isPassing, natsError, type TransportNatsError } from '../errors.ts';
import { LeaseBook } from '../lease/lease-book.ts';
import { fairShare, planLeases, SurplusWait } from '../lease/lease-plan.ts';
import type { Lease } from '../lease/lease.ts';
import { Pause } from '../pause.ts';
import { CursorBook } from './cursor-book.ts';
import { PartitionCommits } from './partition-commits.ts';
import { PartitionWriter } from './partition-writer.ts';
import { settleStore } from './settle.ts';
import {
  WRITE_LIMITS,
  type PartitionedWriterOptions,
  type WriteCounters,
  type WriteLimits,
  type WriterStats,
} from './write-options.ts';

interface Owned {
  readonly lease: Lease;
  readonly writer: PartitionWriter;
  readonly ended: Promise<void>;
}

/** Renewals in the time of a lease, of which six tenths may be used. */
const TICKS_A_LEASE = 5;

/**
 * Writes its share of the partitions: takes leases that are free, gives back what is too much, and sees to it that every
 * local store ends at its last confirmed commit.
 */
export class PartitionedWriter {
  readonly #bus: Bus;
  readonly #options: PartitionedWriterOptions;
  readonly #limits: WriteLimits;
  readonly #cursors: CursorBook;
  readonly #leases: LeaseBook;
  readonly #owner: string;
  readonly #ending = new AbortController();
  readonly #stopRenewing = new AbortController();
  readonly #surplus: SurplusWait;
  readonly #owned = new Map<number, Owned>();
  /** Of what is owned, and of what is being taken. */
  readonly #held = new Set<Lease>();
  /** Partitions whose store may hold a commit that was never confirmed. */
  readonly #unsettled = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #counters: WriteCounters = {
    messages: 0, bytes: 0, pieces: 0, repeats: 0, holes: 0, malformed: 0,
    commits: 0, postponed: 0, overflows: 0, lostLeases: 0, undone: 0, retries: 0,
  }; // prettier-ignore
  #pausedUntilMs = -Infinity;
  #running: Promise<void> | undefined;

  constructor(bus: Bus, options: PartitionedWriterOptions) {
    checkName('writer', options.writer);
    this.#bus = bus;
    this.#options = options;
    const settleMs = 2 * bus.limits.leaseTtlMs;
    this.#limits = { ...WRITE_LIMITS, settleMs, ...options.limits };
    this.#cursors = new CursorBook(bus);
    this.#owner = randomUUID();
    this.#leases = new LeaseBook(bus, options.writer, this.#owner);
    this.#surplus = new SurplusWait(this.#limits.settleMs);
  }

  start(): void {
    this.#running ??= this.#work();
  }

  /** Commits, gives everything back and leaves. Without a server it ends when the leases have run out. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  stats(): WriterStats {
    const partitions = Array.from(this.#owned.values(), ({ writer }) => writer.status());
    const unsettled = [...this.#unsettled].filter((partition) => !this.#owned.has(partition));
    return { ...this.#counters, partitions, unsettled, refused: [...this.#refused] };
  }

  async #work(): Promise<void> {
    const { signal } = this.#ending;
    const pause = new Pause(this.#bus.clock, signal);
    for (let partition = 0; partition < this.#bus.partitions; partition++) this.#unsettled.add(partition);
    // On its own: whatever else takes its time, leases are renewed.
    const renewing = this.#renew();
    while (!signal.aborted) {
      try {
        await this.#settleAll();
        await this.#balance();
      } catch (error) {
        if (!this.#later(error)) this.#options.handlers?.failed?.(error);
      }
      await pause.for(this.#tickMs());
    }
    for (const { writer } of this.#owned.values()) writer.stop();
    await Promise.all(Array.from(this.#owned.values(), ({ ended }) => ended));
    this.#stopRenewing.abort();
    await renewing;
    await this.#leases.leave().catch((error: unknown) => this.#later(error));
  }

  async #renew(): Promise<void> {
    const pause = new Pause(this.#bus.clock, this.#stopRenewing.signal);
    while (!this.#stopRenewing.signal.aborted) {
      const renewals = Array.from(this.#held, (lease) => this.#leases.renew(lease));
      if (this.#isTaking()) renewals.push(this.#leases.announce());
      for (const result of await Promise.allSettled(renewals))
        if (result.status === 'rejected') this.#later(result.reason);
      await pause.for(this.#tickMs());
    }
  }

  /** Local stores are brought to what is confirmed, whoever writes the partition now. */
  async #settleAll(): Promise<void> {
    for (const partition of this.#unsettled) {
      if (this.#owned.has(partition) || this.#ending.signal.aborted) continue;
      await this.#settle(partition);
    }
  }

  /** False when the store cannot be used. */
  async #settle(partition: number): Promise<boolean> {
    const store = this.#options.store(partition);
    try {
      if (
        !(await store.isNew()) &&
        (await settleStore(this.#cursors, partition, this.#options.writer, store))
      ) {
        this.#counters.undone++;
        this.#options.handlers?.undone?.(partition);
      }
      this.#unsettled.delete(partition);
      store.confirmed?.();
      return true;
    } catch (error) {
      if (isPassing(error)) throw error;
      this.#unsettled.delete(partition);
      this.#refused.add(partition);
      this.#options.handlers?.refused?.(partition, error);
      return false;
    }
  }

  async #balance(): Promise<void> {
    const { writer: self } = this.#options;
    const view = await this.#leases.view();
    const own = [...this.#owned.keys()];
    const { partitions } = this.#bus;
    const { take, surplus } = planLeases({ self, ...view, partitions, own });
    if (this.#surplus.hasLasted(surplus.length, this.#bus.clock.nowMs()))
      for (const partition of surplus) this.#owned.get(partition)?.writer.stop();
    if (!this.#isTaking()) return;
    const isFull = (): boolean => this.#owned.size >= fairShare(self, view.members, partitions);
    for (const partition of take) if (!isFull() && !this.#ending.signal.aborted) await this.#take(partition);
  }

  async #take(partition: number): Promise<void> {
    if (this.#owned.has(partition) || this.#refused.has(partition)) return;
    const lease = await this.#leases.take(partition);
    if (lease === undefined) return;
    this.#held.add(lease);
    try {
      if (await this.#settle(partition)) this.#owned.set(partition, await this.#begin(lease));
    } catch (error) {
      this.#failed(partition, error);
    }
    if (!this.#owned.has(partition)) await this.#giveBack(lease);
  }

  /** Where that fails the lease runs out by itself. */
  async #giveBack(lease: Lease): Promise<void> {
    this.#held.delete(lease);
    await this.#leases.giveBack(lease).catch((error: unknown) => this.#later(error));
  }

  async #begin(lease: Lease): Promise<Owned> {
    const { partition } = lease;
    const { writer: storeName, handlers, mergeLimits, mergeHandlers } = this.#options;
    const store = this.#options.store(partition);
    const retrying = (error: TransportNatsError): void => this.#retrying(error);
    const commits = new PartitionCommits({
      bus: this.#bus, book: this.#cursors, lease, storeName, store, owner: this.#owner, retrying,
    }); // prettier-ignore
    const { generation } = await commits.takeOver();
    const sink = store.createSink(generation);
    const writer = new PartitionWriter({
      bus: this.#bus, lease, commits, sink, counters: this.#counters, limits: this.#limits, retrying,
      ...(handlers && { handlers }), ...(mergeLimits && { mergeLimits }), ...(mergeHandlers && { mergeHandlers }),
    }); // prettier-ignore
    this.#unsettled.add(partition);
    await sink.open();
    handlers?.taken?.(partition, generation);
    const ended = writer.run().then(
      () => this.#end(lease, () => sink.close(), undefined),
      (error: unknown) => this.#end(lease, () => sink.close(), error),
    );
    return { lease, writer, ended };
  }

  async #end(lease: Lease, close: () => Promise<void>, error: unknown): Promise<void> {
    const { partition } = lease;
    await close().catch((cause: unknown) => this.#later(cause));
    this.#owned.delete(partition);
    if (error !== undefined) this.#failed(partition, error);
    else this.#unsettled.delete(partition);
    await this.#giveBack(lease);
    this.#options.handlers?.ended?.(partition, error);
  }

  #failed(partition: number, error: unknown): void {
    if (hasCode(error, 'LEASE_LOST')) this.#counters.lostLeases++;
    else if (!this.#later(error)) {
      // A store that fails would be taken and lost again and again: others shall have its partitions meanwhile.
      this.#pausedUntilMs = this.#bus.clock.nowMs() + this.#limits.failurePauseMs;
    }
    this.#unsettled.add(partition);
  }

  /** Whether it passes. */
  #later(error: unknown): boolean {
    if (!isPassing(error)) return false;
    this.#retrying(natsError(this.#options.writer, error));
    return true;
  }

  #retrying(error: TransportNatsError): void {
    this.#counters.retries++;
    this.#options.handlers?.retrying?.(error);
  }

  #isTaking(): boolean {
    return this.#bus.clock.nowMs() >= this.#pausedUntilMs && !this.#ending.signal.aborted;
  }

  #tickMs(): number {
    return this.#bus.limits.leaseTtlMs / TICKS_A_LEASE;
  }
}
