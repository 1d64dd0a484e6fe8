import { PubHeaders } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Bus } from '../bus/bus.ts';
import { asking, isPassing, natsError, type TransportNatsError } from '../errors.ts';
import { Pause, retryDelayMs } from '../pause.ts';
import { encodeFrame, type Piece } from '../wire/forward-frame.ts';
import { toMessages } from '../wire/fragments.ts';
import type { ForwardLimits } from './forward-options.ts';
import { Outstanding } from './outstanding.ts';
import { PartitionQueue } from './partition-queue.ts';

/** What all partitions of a forwarder count together. */
export interface SendCounters {
  messages: number;
  bytes: number;
  retries: number;
  duplicates: number;
  inFlight: number;
}

export interface PartitionSenderOptions {
  readonly bus: Bus;
  readonly partition: number;
  readonly node: string;
  readonly incarnation: string;
  /** Of this reading of the journal, 16 hexadecimal digits. */
  readonly run: string;
  /** Stored for good already. */
  readonly taken: number;
  readonly limits: ForwardLimits;
  readonly counters: SendCounters;
  readonly readPosition: () => number;
  /** Room was made. */
  readonly sent: () => void;
  readonly retrying: (error: TransportNatsError) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends the pieces of one partition in order, one frame after the other: the next one only when the server has the one
 * before. So a repetition overtakes nothing, and what waits meanwhile goes out together.
 */
export class PartitionSender {
  readonly #options: PartitionSenderOptions;
  readonly #queue: PartitionQueue;
  readonly #outstanding = new Outstanding();
  readonly #pause: Pause;
  /** Apart, since new pieces must not shorten it. */
  readonly #retryPause: Pause;
  #frames = 0;
  #inFlightBytes = 0;
  #taken: number;

  constructor(options: PartitionSenderOptions) {
    this.#options = options;
    this.#taken = options.taken;
    this.#queue = new PartitionQueue(options.taken);
    this.#pause = new Pause(options.bus.clock, options.signal);
    this.#retryPause = new Pause(options.bus.clock, options.signal);
  }

  /** Bytes that the server does not have for sure. */
  get pendingBytes(): number {
    return this.#queue.bytes + this.#inFlightBytes;
  }

  get hasOutstanding(): boolean {
    return !this.#outstanding.isEmpty;
  }

  /** The journal is needed from here on; undefined where everything is stored. */
  get neededFrom(): number | undefined {
    return this.#outstanding.neededFrom;
  }

  /** `before`: the position of the entry before this one. */
  push(piece: Piece, before: number): void {
    if (!this.#queue.push(piece, this.#nowMs())) return;
    this.#outstanding.add(before, piece.position);
    this.#pause.wake();
  }

  /** A writer has stored everything up to here. */
  taken(position: number): void {
    this.#taken = Math.max(this.#taken, position);
    this.#outstanding.taken(this.#taken);
  }

  /** Ends with the signal; rejects when the server refuses for good. */
  async run(): Promise<void> {
    const { limits, signal, readPosition } = this.#options;
    let idleSinceMs = this.#nowMs();
    while (!signal.aborted) {
      const waitMs = this.#queue.waitMs(this.#nowMs(), limits.messageBytes, limits.lingerMs);
      const idleWaitMs = Math.max(0, idleSinceMs + limits.idleMs - this.#nowMs());
      if ((waitMs ?? idleWaitMs) > 0) {
        await this.#pause.for(waitMs ?? idleWaitMs);
        continue;
      }
      if (waitMs !== undefined || this.hasOutstanding) await this.#send(readPosition());
      idleSinceMs = this.#nowMs();
    }
  }

  async #send(readPosition: number): Promise<void> {
    const { bus, node, incarnation, run, limits } = this.#options;
    const before = this.#queue.bytes;
    const content = this.#queue.take(limits.messageBytes, readPosition);
    this.#inFlightBytes = before - this.#queue.bytes;
    const frame = encodeFrame({ node, incarnation, ...content });
    const number = this.#frames++;
    for (const [index, message] of toMessages(
      frame,
      { run, number },
      await this.#messageBytesMax(),
    ).entries()) {
      const id = `${run}.${bus.names.subject(this.#options.partition, node)}.${number}.${index}`;
      await this.#untilAcknowledged(message, id);
    }
    this.#inFlightBytes = 0;
    this.#options.sent();
  }

  async #untilAcknowledged(message: Buffer, id: string): Promise<void> {
    const { counters, signal, bus } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        counters.inFlight++;
        const isDuplicate = await this.#publish(message, id);
        if (isDuplicate) counters.duplicates++;
        counters.messages++;
        counters.bytes += message.length;
        return;
      } catch (cause) {
        const error = natsError(bus.names.stream, cause);
        if (!isPassing(error)) throw error;
        await this.#retryLater(error, attempt);
      } finally {
        counters.inFlight--;
      }
    }
  }

  async #retryLater(error: TransportNatsError, attempt: number): Promise<void> {
    const { counters, signal, bus } = this.#options;
    counters.retries++;
    if (signal.aborted) return;
    this.#options.retrying(error);
    await bus.recover(error);
    await this.#retryPause.for(retryDelayMs(attempt, bus.random));
  }

  async #publish(message: Buffer, id: string): Promise<boolean> {
    const { bus, partition, node } = this.#options;
    const subject = bus.names.subject(partition, node);
    return asking(subject, async () => {
      const client = await bus.client();
      const head = headers();
      head.set(PubHeaders.MsgIdHdr, id);
      const { requestTimeoutMs: timeout } = bus.limits;
      return (await client.publish(subject, message, { headers: head, timeout })).duplicate;
    });
  }

  async #messageBytesMax(): Promise<number> {
    const { bus, limits } = this.#options;
    // Head and identity go with it.
    const HEADER_BYTES = 1024;
    const room = (await bus.messageBytesMax().catch(() => 2 ** 20)) - HEADER_BYTES;
    return Math.max(HEADER_BYTES, Math.min(room, Math.max(limits.messageBytes * 2, 2 ** 17)));
  }

  #nowMs(): number {
    return this.#options.bus.clock.nowMs();
  }
}
