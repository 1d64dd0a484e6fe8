import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import {
  decodeSubscribe,
  encodePayloadHead,
  encodeWelcome,
  FRAME_TYPE,
  PAYLOAD_OVERHEAD_BYTES,
} from '../wire/messages.ts';

export interface SubscriptionOptions {
  readonly bufferBytesMax: number;
  readonly clock: Clock;
  opened(): void;
  closed(reason: DisconnectReason, error: FlowError | undefined): void;
}

/** A subscriber has nothing to say but its hello and its good-bye. */
const FRAME_BYTES_MAX = 64;

/** Time for a subscriber that lagged to read up to the word that says so; its buffer is gone by then. */
const LAGGED_LINGER_MS = 10_000;

/** One subscriber at the publisher: a queue of its own, so that being cut can still be said between two frames. */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #connection: FrameConnection;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #opened = false;

  constructor(socket: Socket, options: SubscriptionOptions) {
    this.#options = options;
    this.#connection = new FrameConnection(socket, FRAME_BYTES_MAX, options.clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => this.#transmit(),
      closed: (reason, error) => options.closed(reason, error),
    });
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#connection.waitingBytes;
  }

  /** True once it said what it wants: it gets what is sent from then on. */
  get opened(): boolean {
    return this.#opened;
  }

  send(payload: Buffer): void {
    if (!this.#opened) return;
    if (this.bufferedBytes + PAYLOAD_OVERHEAD_BYTES + payload.length > this.#options.bufferBytesMax) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#connection.close('lagged', undefined, LAGGED_LINGER_MS);
      return;
    }
    this.#queue.push(payload);
    this.#queuedBytes += PAYLOAD_OVERHEAD_BYTES + payload.length;
    this.#transmit();
  }

  close(): void {
    for (const payload of this.#queue.splice(0)) this.#write(payload);
    this.#connection.close('closing');
  }

  #frame(type: number, body: Buffer): undefined {
    if (type !== FRAME_TYPE.subscribe || this.#opened) {
      throw new FlowError('FRAME_CORRUPT', `frame of type ${type}, expected one subscribe`);
    }
    decodeSubscribe(body);
    this.#opened = true;
    this.#connection.write(encodeWelcome(0));
    this.#options.opened();
  }

  #transmit(): void {
    let sent = 0;
    for (const payload of this.#queue) {
      if (this.#connection.congested) break;
      this.#write(payload);
      sent++;
    }
    if (sent > 0) this.#queue.splice(0, sent);
  }

  #write(payload: Buffer): void {
    this.#queuedBytes -= PAYLOAD_OVERHEAD_BYTES + payload.length;
    this.#connection.write(encodePayloadHead(payload.length), payload);
  }
}
