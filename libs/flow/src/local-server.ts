import type { Server, Socket } from 'node:net';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { FlowError } from './errors.ts';
import { listenLocally } from './local-socket.ts';

export interface LocalServerOptions {
  /** What it is, for errors. */
  readonly name: string;
  readonly socketPath: string;
  readonly connectionsMax: number;
  /** How long `listen` tries again while somebody else answers; default 0. */
  readonly listenTimeoutMs: number | undefined;
  readonly clock: Clock | undefined;
  readonly connected: (socket: Socket) => void;
  /** Ends the connections that are open; nobody else is taken any more. */
  readonly closing: () => void | Promise<void>;
}

/** The life of a socket that is listened on: once, until it is closed. */
export class LocalServer {
  /** Connections that were not taken: beyond the maximum, or for want of file descriptors. */
  droppedConnections = 0;
  readonly #options: LocalServerOptions;
  #listening: Promise<Server> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LocalServerOptions) {
    this.#options = options;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Rejects with {@link FlowError} SOCKET_IN_USE when somebody else answers on the path for longer than
   * `listenTimeoutMs`, QUEUE_CLOSED after `close`.
   */
  async listen(): Promise<void> {
    const { name, socketPath, connectionsMax, listenTimeoutMs = 0, clock = systemClock } = this.#options;
    if (this.isClosing) throw new FlowError('QUEUE_CLOSED', `${name} was closed`, { socketPath });
    this.#listening ??= listenLocally(socketPath, {
      connectionsMax,
      timeoutMs: listenTimeoutMs,
      clock,
      cancelled: () => this.isClosing,
      connected: this.#options.connected,
      dropped: () => void this.droppedConnections++,
    });
    await this.#listening;
  }

  /** Takes nobody any more, ends the connections, removes the socket. Every call gives the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const server = await this.#listening?.catch(() => undefined);
    const closed = new Promise<void>((resolve) =>
      server === undefined ? resolve() : server.close(() => resolve()),
    );
    await this.#options.closing();
    await closed;
  }
}
