import type { Clock } from '@org/binance-client';
import type { TailReader } from '@org/flow';
import type { Bus, Forwarder, ForwarderStats, ForwardSource, Wish } from '@org/transport-nats';
import { errorFields, type Log } from '../logging/child-log.ts';
import type { ForwardedFile } from './journal-identity.ts';
import { transport } from './open-bus.ts';
import { Trouble } from './trouble.ts';

/** The journal in the writer, from a position on. */
export type JournalTail = Pick<TailReader, 'open' | 'next' | 'close' | 'committed' | 'mark'>;

export interface JournalForwarderOptions {
  readonly bus: Bus;
  readonly node: string;
  /** Of the journal. */
  readonly identity: string;
  readonly file: Pick<ForwardedFile, 'read' | 'write'>;
  readonly makeTail: (after: number) => JournalTail;
  /** Nothing goes on. */
  readonly failed: (error: unknown) => void;
  /** What writers ask for. */
  readonly wished: (wish: Wish) => void;
  readonly clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>;
  readonly log: Log;
}

const STOP_LOOK_MS = 50;

/** Brings a journal to the writers on other machines, and lets it go of what they have committed. */
export class JournalForwarder {
  readonly #options: JournalForwarderOptions;
  readonly #trouble: Trouble;
  #forwarder: Forwarder | undefined;
  #listener: { close(): Promise<void> } | undefined;
  #tail: JournalTail | undefined;
  #committed = 0;
  /** What of it is on the device. */
  #written = 0;
  #writing: Promise<void> | undefined;
  #isStopping = false;
  /** When writers had committed everything that was sent, or more than before. */
  #caughtUpAtMs: number;

  constructor(options: JournalForwarderOptions) {
    this.#options = options;
    this.#caughtUpAtMs = options.clock.nowMs();
    this.#trouble = new Trouble(options.log, options.clock);
  }

  async start(): Promise<void> {
    const { bus, node, identity, file, wished } = this.#options;
    const { Forwarder, WishListener } = await transport();
    this.#committed = this.#written = await file.read();
    if (this.#isStopping) return;
    this.#forwarder = new Forwarder(bus, {
      node,
      incarnation: identity,
      committedPosition: this.#committed,
      openSource: (after) => this.#open(after),
      handlers: {
        committed: (position) => this.#commit(position),
        retrying: (error) => this.#trouble.met('ForwardingWaits', error),
        damaged: (problem) => this.#options.log.error('BatchDamaged', { problem }),
        failed: (error) => this.#failed(error),
      },
    });
    const listener = new WishListener(bus, wished);
    this.#listener = listener;
    this.#forwarder.start();
    listener.start();
  }

  stats(): ForwarderStats | undefined {
    return this.#forwarder?.stats();
  }

  /** How long ago writers committed something, if they have not committed everything that was sent; else 0. */
  uncommittedForMs(): number {
    const nowMs = this.#options.clock.nowMs();
    const { readPosition = 0, committedPosition = 0 } = this.#forwarder?.stats() ?? {};
    if (committedPosition >= readPosition) this.#caughtUpAtMs = nowMs;
    return Math.round(nowMs - this.#caughtUpAtMs);
  }

  /** What keeps the servers from being reached. */
  problem(): string | undefined {
    return this.#trouble.problem(this.#forwarder?.stats().messages ?? 0);
  }

  /**
   * Waits until writers have committed all that the journal has by now, at most so long; false when they have not. What is
   * left is in the journal, and goes out after the next start.
   */
  async stop(timeoutMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadlineMs = clock.nowMs() + timeoutMs;
    const end = timeoutMs === 0 ? undefined : await this.#tail?.mark().catch(() => undefined);
    const isDone = (): boolean => end !== undefined && this.#committed >= end;
    while (!isDone() && end !== undefined && clock.nowMs() < deadlineMs)
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, STOP_LOOK_MS));
    this.#isStopping = true;
    // It may wait for a writer that is not there.
    const closing = this.#forwarder?.close();
    await this.#tail?.close();
    await Promise.all([closing, this.#listener?.close(), this.#writing]);
    return isDone();
  }

  async #open(after: number): Promise<ForwardSource> {
    await this.#tail?.close();
    const tail = this.#options.makeTail(after);
    this.#tail = tail;
    if (this.#isStopping) await tail.close();
    tail.committed(Math.min(after, this.#written));
    await tail.open();
    return tail;
  }

  #commit(position: number): void {
    this.#committed = position;
    this.#caughtUpAtMs = this.#options.clock.nowMs();
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async #write(): Promise<void> {
    while (this.#written < this.#committed) {
      const position = this.#committed;
      try {
        await this.#options.file.write(position);
      } catch (error) {
        // The journal keeps more than it must until there is room.
        return this.#trouble.met('ForwardedNotWritten', error);
      }
      this.#written = position;
      this.#tail?.committed(position);
    }
  }

  #failed(error: unknown): void {
    if (this.#isStopping) return;
    this.#options.log.error('ForwardingFailed', errorFields(error));
    this.#options.failed(error);
  }
}
