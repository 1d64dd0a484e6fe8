import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { FlowError } from '../errors.ts';
import { LocalServer } from '../local-server.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { TailConnection } from './tail-connection.ts';
import type { TailStart } from './tail-entry.ts';
import type { TailRequest } from './tail-messages.ts';

export interface TailPublisherHandlers {
  /**
   * A reader came. Throws a {@link FlowError} to refuse it: POSITION_UNKNOWN for a position behind the end and
   * READER_REFUSED for one that is not served are final for that reader; after any other code it comes again.
   */
  follow(request: TailRequest): TailStart;
  /** The reader has worked through everything up to here. */
  taken?(name: string, position: number): void;
  /** The reader does not come back before this position. */
  committed?(name: string, position: number): void;
  /** Resolves with a position that is behind everything up to now. */
  mark(): Promise<number>;
  left?(name: string, reason: DisconnectReason): void;
  /** A connection was closed because the peer broke the protocol, was refused, or the log could not be read. */
  failed?(error: FlowError): void;
}

export interface TailPublisherOptions {
  readonly socketPath: string;
  readonly handlers: TailPublisherHandlers;
  /** What may be on its way to a reader, in its sockets and its memory; default 8 MiB, or one entry. */
  readonly windowBytes?: number;
  /** What is read of the log at a time; default 1 MiB, or one entry. */
  readonly readBytes?: number;
  /** Most connections, later ones are dropped and counted; default 16. */
  readonly connectionsMax?: number;
  /** How long `listen` tries again while somebody else answers, such as a predecessor that is leaving; default 0. */
  readonly listenTimeoutMs?: number;
  readonly clock?: Clock;
}

const WINDOW_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
const CONNECTIONS_MAX = 16;

/** Serves a log to readers in other processes, each from its own position. A reader that is slow waits for nobody but itself. */
export class TailPublisher {
  readonly #options: TailPublisherOptions;
  readonly #connections = new Set<TailConnection>();
  readonly #server: LocalServer;

  constructor(options: TailPublisherOptions) {
    this.#options = options;
    const { socketPath, connectionsMax, listenTimeoutMs, clock } = options;
    this.#server = new LocalServer({
      name: 'tail publisher',
      socketPath,
      connectionsMax: connectionsMax ?? CONNECTIONS_MAX,
      listenTimeoutMs,
      clock,
      connected: (socket) => this.#connected(socket),
      closing: () => this.#connections.forEach((connection) => connection.close('closing')),
    });
  }

  /**
   * Rejects with {@link FlowError} SOCKET_IN_USE when somebody else answers on the path for longer than
   * `listenTimeoutMs`, QUEUE_CLOSED after `close`.
   */
  listen(): Promise<void> {
    return this.#server.listen();
  }

  /** Whether a reader of this name is connected. */
  has(name: string): boolean {
    return this.#named(name) !== undefined;
  }

  /** Ends the connection of this reader, which comes again at once: what it was reading is no longer kept for it. */
  cut(name: string): void {
    this.#named(name)?.close('lagged');
  }

  /** Ends all connections and removes the socket. */
  close(): Promise<void> {
    return this.#server.close();
  }

  #connected(socket: Socket): void {
    const {
      handlers,
      windowBytes = WINDOW_BYTES,
      readBytes = READ_BYTES,
      clock = systemClock,
    } = this.#options;
    const connection: TailConnection = new TailConnection(socket, {
      clock,
      windowBytes,
      readBytes,
      follow: (request) => this.#follow(connection, request),
      taken: (position) => handlers.taken?.(connection.name!, position),
      committed: (position) => handlers.committed?.(connection.name!, position),
      mark: () => handlers.mark(),
      closed: (reason, error) => this.#closed(connection, reason, error),
    });
    this.#connections.add(connection);
    if (this.#server.isClosing) connection.close('closing');
  }

  /** A name has one reader: whoever comes last, for the one before may be a connection that nobody holds any more. */
  #follow(newer: TailConnection, request: TailRequest): TailStart {
    const start = this.#options.handlers.follow(request);
    for (const older of this.#connections)
      if (older !== newer && older.name === request.name) older.close('superseded');
    return start;
  }

  #closed(connection: TailConnection, reason: DisconnectReason, error: FlowError | undefined): void {
    const { handlers } = this.#options;
    this.#connections.delete(connection);
    if (error !== undefined) handlers.failed?.(error);
    const { name } = connection;
    if (name !== undefined && this.#named(name) === undefined) handlers.left?.(name, reason);
  }

  #named(name: string): TailConnection | undefined {
    return [...this.#connections].find((connection) => connection.name === name);
  }
}
