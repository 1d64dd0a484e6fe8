import { AckPolicy, DeliverPolicy, type Consumer } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { Buffer } from 'node:buffer';
import type { Bus } from '../bus/bus.ts';
import { asking, isPassing, natsError, type TransportNatsError } from '../errors.ts';
import { Pause, retryDelayMs } from '../pause.ts';

export interface StreamMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly data: Buffer;
}

export interface PartitionReaderOptions {
  readonly bus: Bus;
  readonly partition: number;
  /** Reading begins behind it; `end`: with what comes after the server was reached. */
  readonly afterSequence: number | 'end';
  readonly retrying: (error: TransportNatsError) => void;
}

const MESSAGES_AT_ONCE = 32;
const EXPIRES_MS = 1000;
const INACTIVE_MS = 30_000;
/** Messages that wait to be taken; then nothing is asked for. */
const WAITING_MAX = 32;

/**
 * Reads the messages of a partition in the order of the stream, each once, until it is closed; after a failure it goes on
 * behind the last one. A stream that ends before the place where it should go on was made anew, or has lost its end: it is
 * read from its beginning.
 */
export class PartitionReader {
  readonly #options: PartitionReaderOptions;
  readonly #ending = new AbortController();
  readonly #room: Pause;
  readonly #arrival: Pause;
  #waiting: StreamMessage[] = [];
  #sequence: number | 'end';
  #running: Promise<void> | undefined;
  #failure: TransportNatsError | undefined;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
    this.#sequence = options.afterSequence;
    const { clock } = options.bus;
    this.#room = new Pause(clock, this.#ending.signal);
    this.#arrival = new Pause(clock, this.#ending.signal);
  }

  /** Of the last message that was read, or where reading began; undefined before the server was reached. */
  get sequence(): number | undefined {
    return this.#sequence === 'end' ? undefined : this.#sequence;
  }

  start(): void {
    this.#running ??= this.#read();
  }

  /** What has come; waits for so long when nothing has. Rejects when the server refuses for good. */
  async next(waitMs: number): Promise<readonly StreamMessage[]> {
    if (this.#waiting.length === 0 && this.#failure === undefined) await this.#arrival.for(waitMs);
    if (this.#failure !== undefined) throw this.#failure;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#room.wake();
    return messages;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #read(): Promise<void> {
    const { bus, retrying } = this.#options;
    const { signal } = this.#ending;
    const pause = new Pause(bus.clock, signal);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#consume(() => (attempt = 0));
      } catch (cause) {
        const error = natsError(bus.names.subjectsOf(this.#options.partition), cause);
        if (!isPassing(error)) return this.#fail(error);
        if (signal.aborted) return;
        retrying(error);
        await bus.recover(error).catch((fault: unknown) => this.#fail(natsError(bus.names.stream, fault)));
      }
      await pause.for(retryDelayMs(attempt, bus.random));
    }
  }

  #fail(error: TransportNatsError): void {
    this.#failure = error;
    this.#arrival.wake();
    this.#ending.abort();
  }

  /** With one consumer of the server: until it misses something, or fails. */
  async #consume(worked: () => void): Promise<void> {
    const consumer = await this.#createConsumer();
    await this.#readFrom(consumer, worked);
    // Not after a failure: who does not answer now deletes nothing, and those that nobody uses go by themselves.
    await consumer.delete().catch(() => false);
  }

  async #readFrom(consumer: Consumer, worked: () => void): Promise<void> {
    const { signal } = this.#ending;
    for (let delivered = 0; !signal.aborted;) {
      if (this.#waiting.length >= WAITING_MAX) {
        await this.#room.for(EXPIRES_MS);
        continue;
      }
      const before = delivered;
      const messages = await consumer.fetch({ max_messages: MESSAGES_AT_ONCE, expires: EXPIRES_MS });
      const stop = (): void => messages.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const message of messages) {
          // What the server has sent and nobody received does not come again from this consumer.
          if (message.info.deliverySequence !== ++delivered) return;
          this.#take(message.subject, message.seq, message.data);
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
      worked();
      if (delivered > before) continue;
      if ((await consumer.info(false)).delivered.consumer_seq > delivered) return;
    }
  }

  #take(subject: string, sequence: number, data: Uint8Array): void {
    this.#sequence = sequence;
    this.#waiting.push({ subject, sequence, data: Buffer.from(data.buffer, data.byteOffset, data.length) });
    this.#arrival.wake();
  }

  async #createConsumer(): Promise<Consumer> {
    const { bus, partition } = this.#options;
    const { stream } = bus.names;
    return asking(bus.names.subjectsOf(partition), async () => {
      const manager = await bus.manager();
      const { state } = await manager.streams.info(stream);
      const after = this.#sequence === 'end' ? state.last_seq : this.#sequence;
      this.#sequence = after > state.last_seq ? 0 : after;
      const { name } = await manager.consumers.add(stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.#sequence + 1,
        filter_subject: bus.names.subjectsOf(partition),
        inactive_threshold: nanos(INACTIVE_MS),
        mem_storage: true,
        num_replicas: 1,
      });
      return (await bus.client()).consumers.get(stream, name);
    });
  }
}
