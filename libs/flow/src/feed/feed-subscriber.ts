import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { Dialer } from '../wire/dialer.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { decodeWelcome, encodeSubscribe, FRAME_BYTES_MAX, FRAME_TYPE } from '../wire/messages.ts';

export interface FeedSubscriberHandlers {
  /** The bytes stay valid as long as they are held. A returned promise holds back the next payload. */
  payload(bytes: Buffer): void | Promise<void>;
  /** From here on every payload arrives. */
  connected?(): void;
  /** Payloads are lost from here on, so resynchronise; `lagged`: because this subscriber was too slow. */
  disconnected?(reason: DisconnectReason): void;
}

export interface FeedSubscriberOptions {
  readonly socketPath: string;
  readonly handlers: FeedSubscriberHandlers;
  /** First delay before connecting again; default 50 ms, doubling to twenty times that, half of it by chance. */
  readonly reconnectDelayMs?: number;
  /** Default 64 MiB and the overhead. */
  readonly frameBytesMax?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Follows a {@link FeedPublisher}, and connects again whenever that ends. */
export class FeedSubscriber {
  readonly #options: FeedSubscriberOptions;
  readonly #dialer: Dialer;
  #connection: FrameConnection | undefined;
  #welcomed = false;
  #closed = false;

  constructor(options: FeedSubscriberOptions) {
    this.#options = options;
    this.#dialer = new Dialer({
      name: 'feed subscriber',
      socketPath: options.socketPath,
      reconnectDelayMs: options.reconnectDelayMs,
      clock: options.clock ?? systemClock,
      random: options.random,
      opened: (socket) => this.#opened(socket),
    });
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  /** Starts to connect. Throws QUEUE_CLOSED after `close`. */
  start(): void {
    this.#dialer.start();
  }

  /** No payload is handed over any more. Resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dialer.stop();
    const connection = this.#connection;
    connection?.close('closing');
    await connection?.ended;
  }

  #opened(socket: Socket): void {
    const { clock = systemClock, frameBytesMax = FRAME_BYTES_MAX } = this.#options;
    const connection = new FrameConnection(socket, frameBytesMax, clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => undefined,
      closed: (reason) => this.#disconnected(reason),
    });
    this.#connection = connection;
    connection.write(encodeSubscribe());
  }

  #frame(type: number, body: Buffer): Promise<void> | undefined {
    if (type === FRAME_TYPE.payload && this.#welcomed) {
      this.#dialer.progressed();
      return this.#options.handlers.payload(body) ?? undefined;
    }
    if (type !== FRAME_TYPE.welcome || this.#welcomed) {
      throw new FlowError(
        'FRAME_CORRUPT',
        `frame of type ${type}, expected welcome, then payloads`,
        this.#options,
      );
    }
    decodeWelcome(body);
    this.#welcomed = true;
    this.#options.handlers.connected?.();
    return undefined;
  }

  #disconnected(reason: DisconnectReason): void {
    const wasWelcomed = this.#welcomed;
    this.#welcomed = false;
    this.#connection = undefined;
    if (!this.#closed) this.#dialer.redial();
    if (wasWelcomed || reason !== 'peer-gone') this.#options.handlers.disconnected?.(reason);
  }
}
