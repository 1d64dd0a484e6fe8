import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { FlowError } from '../errors.ts';
import { LocalServer } from '../local-server.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { Subscription } from './subscription.ts';

export interface FeedPublisherHandlers {
  /** From here on this subscriber gets every payload. */
  subscribed?(subscriber: number): void;
  /** `lagged`: it was cut because its buffer was full. */
  unsubscribed?(subscriber: number, reason: DisconnectReason): void;
  /** A connection was closed because the peer broke the protocol. */
  failed?(error: FlowError): void;
}

export interface FeedPublisherOptions {
  readonly socketPath: string;
  /** Most bytes that may wait for one subscriber; default 64 MiB. Beyond, it is disconnected with `lagged`. */
  readonly bufferBytesMax?: number;
  /** Most subscribers, later connections are dropped and counted; default 64. */
  readonly subscribersMax?: number;
  /** How long `listen` tries again while somebody else answers, such as a predecessor that is leaving; default 0. */
  readonly listenTimeoutMs?: number;
  readonly clock?: Clock;
  readonly handlers?: FeedPublisherHandlers;
}

export interface FeedPublisherStats {
  readonly subscribers: number;
  /** Payloads and their bytes, each counted once however many subscribers there were. */
  readonly payloads: number;
  readonly bytes: number;
  /** Bytes that wait for the slowest subscriber. */
  readonly bufferedBytes: number;
  readonly laggedSubscribers: number;
  readonly droppedConnections: number;
}

const BUFFER_BYTES_MAX = 64 * 1024 * 1024;
const SUBSCRIBERS_MAX = 64;

/** Sends every payload to every subscriber, one way. A slow subscriber is cut; nobody slows the publisher. */
export class FeedPublisher {
  readonly #options: FeedPublisherOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #counters = { payloads: 0, bytes: 0, laggedSubscribers: 0 };
  readonly #server: LocalServer;
  #numbers = 0;

  constructor(options: FeedPublisherOptions) {
    this.#options = options;
    const { socketPath, subscribersMax, listenTimeoutMs, clock } = options;
    this.#server = new LocalServer({
      name: 'feed publisher',
      socketPath,
      connectionsMax: subscribersMax ?? SUBSCRIBERS_MAX,
      listenTimeoutMs,
      clock,
      connected: (socket) => this.#connected(socket),
      closing: () => this.#subscriptions.forEach((subscription) => subscription.close()),
    });
  }

  /**
   * Rejects with {@link FlowError} SOCKET_IN_USE when somebody else answers on the path for longer than
   * `listenTimeoutMs`, QUEUE_CLOSED after `close`.
   */
  listen(): Promise<void> {
    return this.#server.listen();
  }

  /** Hands the payload to every subscriber. The bytes are shared and must not change any more. */
  publish(payload: Buffer): void {
    this.#counters.payloads++;
    this.#counters.bytes += payload.length;
    for (const subscription of this.#subscriptions) subscription.send(payload);
  }

  /** Closes every subscriber after what it was sent, as far as it reads that within a second, and removes the socket. */
  close(): Promise<void> {
    return this.#server.close();
  }

  stats(): FeedPublisherStats {
    const subscriptions = [...this.#subscriptions].filter((subscription) => subscription.opened);
    const bufferedBytes = Math.max(0, ...subscriptions.map((subscription) => subscription.bufferedBytes));
    const { droppedConnections } = this.#server;
    return { subscribers: subscriptions.length, bufferedBytes, ...this.#counters, droppedConnections };
  }

  #connected(socket: Socket): void {
    const { handlers } = this.#options;
    const number = ++this.#numbers;
    const subscription: Subscription = new Subscription(socket, {
      bufferBytesMax: this.#options.bufferBytesMax ?? BUFFER_BYTES_MAX,
      clock: this.#options.clock ?? systemClock,
      opened: () => handlers?.subscribed?.(number),
      closed: (reason, error) => {
        if (reason === 'lagged') this.#counters.laggedSubscribers++;
        if (error !== undefined) handlers?.failed?.(error);
        this.#subscriptions.delete(subscription);
        if (subscription.opened) handlers?.unsubscribed?.(number, reason);
      },
    });
    this.#subscriptions.add(subscription);
    if (this.#server.isClosing) subscription.close();
  }
}
