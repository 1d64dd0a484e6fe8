import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { FlowError } from '../errors.ts';
import { Dialer } from '../wire/dialer.ts';
import { encodeLine } from './json-line.ts';
import { LineConnection } from './line-connection.ts';

export interface LocalVisitorHandlers {
  /** What the door says; any JSON value, to be checked by whoever reads it. */
  message(message: unknown): void;
  /** Somebody is at the door, and gets the hello. */
  connected?(): void;
  /** It is gone, and is tried again. `error`: it broke the protocol. */
  disconnected?(error: FlowError | undefined): void;
}

export interface LocalVisitorOptions {
  readonly socketPath: string;
  /** A JSON value of at most 64 KiB, said on every connection. */
  readonly hello: unknown;
  readonly handlers: LocalVisitorHandlers;
  /** First delay before connecting again; default 50 ms, doubling to twenty times that, half of it by chance. */
  readonly reconnectDelayMs?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Comes to a {@link LocalDoor}, and to the next one at the same path whenever that goes, until it is closed. */
export class LocalVisitor {
  readonly #options: LocalVisitorOptions;
  readonly #clock: Clock;
  readonly #hello: Buffer;
  readonly #dialer: Dialer;
  #connection: LineConnection | undefined;
  #closed = false;

  /** Throws a RangeError for a hello that is too long or no JSON value. */
  constructor(options: LocalVisitorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hello = encodeLine(options.hello);
    this.#dialer = new Dialer({
      name: 'local visitor',
      socketPath: options.socketPath,
      reconnectDelayMs: options.reconnectDelayMs,
      clock: this.#clock,
      random: options.random,
      opened: (socket) => this.#opened(socket),
    });
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Starts to connect. Throws QUEUE_CLOSED after `close`. */
  start(): void {
    this.#dialer.start();
  }

  /** No message is handed over any more. Resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dialer.stop();
    const connection = this.#connection;
    connection?.close();
    await connection?.ended;
  }

  #opened(socket: Socket): void {
    this.#connection = new LineConnection(socket, this.#clock, {
      line: (message) => {
        this.#dialer.progressed();
        this.#options.handlers.message(message);
        return undefined;
      },
      closed: (error) => this.#disconnected(error),
    });
    this.#connection.send(this.#hello);
    this.#options.handlers.connected?.();
  }

  #disconnected(error: FlowError | undefined): void {
    this.#connection = undefined;
    if (!this.#closed) this.#dialer.redial();
    this.#options.handlers.disconnected?.(error);
  }
}
