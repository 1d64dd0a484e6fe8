import {
  DiscardPolicy,
  PubHeaders,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Buffer } from 'node:buffer';
import { Link, messageBytesMaxOf, type LinkOptions } from '../bus/link.ts';
import { checkName } from '../bus/names.ts';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { asking, hasCode, isPassing, TransportNatsError } from '../errors.ts';
import { Pause, retryDelayMs } from '../pause.ts';
import { decodeMarker, type Marker } from './marker.ts';

export interface MergedStreamOptions extends LinkOptions {
  /** Of the stream; subjects are `<name>.batch` and `<name>.commit`. 1 to 64 letters, digits, `_`, `-`. */
  readonly name: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Default 4 GiB. */
  readonly streamBytesMax?: number;
  /** When the stream is full: the oldest batches go (`old`, the default), or nothing more is taken. */
  readonly discard?: 'old' | 'new';
  /** A server that does not answer is waited for so long; then the sink ends. Default 30,000. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

const MARGIN_BYTES = 4096;

/** A stream with one writer: every message says which one it follows, so a second writer is refused. */
export class MergedStream {
  readonly name: string;
  readonly #link: Link;
  readonly #options: MergedStreamOptions;
  readonly #clock: Clock;
  readonly #run: string;
  #lastSequence = 0;
  #count = 0;

  constructor(options: MergedStreamOptions, run: string) {
    this.name = checkName('name', options.name);
    this.#link = new Link(options);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#run = run;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Makes the stream when it is missing; what its last marker says, and whether it has lost messages. */
  async open(): Promise<{ marker: Marker | undefined; isEmpty: boolean; isCut: boolean }> {
    return this.#patiently(async () => {
      const { manager } = await this.#link.get();
      await this.#provision(manager);
      const marker = await this.#lastMarker(manager);
      const { state } = await asking(this.name, () => manager.streams.info(this.name));
      this.#lastSequence = state.last_seq;
      // Sequences begin at 1: whatever was before is discarded.
      return { marker, isEmpty: state.last_seq === 0, isCut: state.first_seq > 1 };
    });
  }

  /** How large a message may be. */
  async roomBytes(): Promise<number> {
    return this.#patiently(async () => messageBytesMaxOf((await this.#link.get()).connection) - MARGIN_BYTES);
  }

  /** Returns its sequence. STORE_TAKEN when somebody else has written meanwhile. */
  async publish(kind: 'batch' | 'commit', message: Buffer): Promise<number> {
    const id = `${this.#run}.${this.#count++}`;
    const follows = this.#lastSequence;
    this.#lastSequence = await this.#patiently(() => this.#publish(kind, message, id, follows));
    return this.#lastSequence;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #publish(kind: 'batch' | 'commit', message: Buffer, id: string, follows: number): Promise<number> {
    const { client } = await this.#link.get();
    const head = headers();
    head.set(PubHeaders.MsgIdHdr, id);
    head.set(PubHeaders.ExpectedLastSeqHdr, String(follows));
    try {
      return (
        await asking(this.name, () => client.publish(`${this.name}.${kind}`, message, { headers: head }))
      ).seq;
    } catch (error) {
      if (!hasCode(error, 'CONFLICT')) throw error;
      if (await this.#isAt(follows + 1, id)) return follows + 1;
      throw new TransportNatsError(
        'STORE_TAKEN',
        this.name,
        'another sink has written to this stream since',
        { cause: error },
      );
    }
  }

  /** Whether the message is there already: the answer to it was lost. */
  async #isAt(sequence: number, id: string): Promise<boolean> {
    const { manager } = await this.#link.get();
    try {
      const found = await asking(this.name, () => manager.streams.getMessage(this.name, { seq: sequence }));
      return found?.header.get(PubHeaders.MsgIdHdr) === id;
    } catch (error) {
      if (hasCode(error, 'SERVER_REFUSED') || hasCode(error, 'STREAM_MISSING')) return false;
      throw error;
    }
  }

  async #lastMarker(manager: JetStreamManager): Promise<Marker | undefined> {
    const subject = `${this.name}.commit`;
    const found = await asking(this.name, () =>
      manager.streams.getMessage(this.name, { last_by_subj: subject }),
    );
    return found === null ? undefined : decodeMarker(this.name, found.data);
  }

  /** Copies, size and what goes first are the operator's once the stream is there; where messages go is not. */
  async #provision(manager: JetStreamManager): Promise<void> {
    const subjects = `${this.name}.*`;
    try {
      const { config } = await asking(this.name, () => manager.streams.info(this.name));
      if (config.subjects?.includes(subjects) === true) return;
      const problem = `expected a stream of ${subjects}, was ${config.subjects?.join(' ') ?? 'none'}`;
      throw new TransportNatsError('LAYOUT_MISMATCH', this.name, problem);
    } catch (error) {
      if (!hasCode(error, 'STREAM_MISSING')) throw error;
      await this.#make(manager, subjects);
    }
  }

  async #make(manager: JetStreamManager, subjects: string): Promise<void> {
    const { replicas = 1, streamBytesMax = 4 * 2 ** 30, discard = 'old' } = this.#options;
    await asking(this.name, () =>
      manager.streams.add({
        name: this.name,
        subjects: [subjects],
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        discard: discard === 'old' ? DiscardPolicy.Old : DiscardPolicy.New,
        num_replicas: replicas,
        max_bytes: streamBytesMax,
      }),
    );
  }

  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    const { patienceMs = 30_000, random = Math.random } = this.#options;
    const pause = new Pause(this.#clock, new AbortController().signal);
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!isPassing(error) || this.#clock.nowMs() >= deadlineMs) throw error;
      }
      await pause.for(retryDelayMs(attempt, random));
    }
  }
}
