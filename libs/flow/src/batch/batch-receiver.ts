import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { LocalServer } from '../local-server.ts';
import { FRAME_BYTES_MAX } from '../wire/messages.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { Lane } from './lane.ts';
import { ReceiverConnection } from './receiver-connection.ts';
import { Turnstile } from './turnstile.ts';

export interface ReceivedBatch {
  readonly lane: string;
  /** The sender's life, as it named it. */
  readonly epoch: number;
  /** From 1 in each life, without holes. */
  readonly seq: number;
  /**
   * Valid as long as it is held and never written again. It may share its memory (at most 64 KiB) with its
   * neighbours: copy what is kept for long.
   */
  readonly payload: Buffer;
}

export interface BatchReceiverHandlers {
  /** The ack leaves after it resolves. If it rejects, the connection is closed and the batch comes again. */
  batch(received: ReceivedBatch): Promise<void>;
  laneOpened?(lane: string, epoch: number): void;
  laneClosed?(lane: string, epoch: number, reason: DisconnectReason): void;
  /** A connection was closed for this reason; the others go on. */
  failed?(error: FlowError): void;
}

export interface BatchReceiverOptions {
  readonly socketPath: string;
  readonly handlers: BatchReceiverHandlers;
  /** True (default): one order over all lanes, as they arrive. False: lanes do not wait for each other. */
  readonly serial?: boolean;
  /**
   * How many batches (of all lanes, or of each when not `serial`) may be in the handler at once; default 1. They are
   * always handed over in order. With more, a handler can make many durable at once; when one fails, those that
   * overtook it come again with it, to the same receiver.
   */
  readonly concurrentBatchesMax?: number;
  /** Largest frame; a connection that announces a larger one is closed. Default 64 MiB and the overhead. */
  readonly frameBytesMax?: number;
  /** Most connections, later ones are dropped and counted; default 1024. */
  readonly connectionsMax?: number;
  /** Most lanes in this receiver's life, later ones are refused; default 4096. */
  readonly lanesMax?: number;
  /** How long `listen` tries again while somebody else answers, such as a predecessor that is leaving; default 0. */
  readonly listenTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface BatchReceiverStats {
  readonly connections: number;
  readonly lanes: number;
  /** Batches that were acked, and the bytes of their payloads. */
  readonly batches: number;
  readonly bytes: number;
  /** Batches that came again although acked, and were dropped. */
  readonly duplicates: number;
  /** Batches whose handler rejected. */
  readonly failedBatches: number;
  /** Connections that were closed because the peer broke the protocol or a limit. */
  readonly refusedConnections: number;
  /** Connections that were not taken: beyond `connectionsMax`, or for want of file descriptors. */
  readonly droppedConnections: number;
}

const CONNECTIONS_MAX = 1024;
const LANES_MAX = 4096;

/** Listens for {@link BatchSender}s and hands their batches over: in order, and each once in this receiver's life. */
export class BatchReceiver {
  readonly #options: BatchReceiverOptions;
  readonly #connections = new Set<ReceiverConnection>();
  readonly #lanes = new Map<string, Lane>();
  readonly #turnstile: Turnstile;
  readonly #counters = {
    batches: 0, bytes: 0, duplicates: 0, failedBatches: 0, refusedConnections: 0,
  }; // prettier-ignore
  readonly #server: LocalServer;

  constructor(options: BatchReceiverOptions) {
    this.#options = options;
    this.#turnstile = new Turnstile(options.concurrentBatchesMax ?? 1);
    const { socketPath, connectionsMax, listenTimeoutMs, clock } = options;
    this.#server = new LocalServer({
      name: 'batch receiver',
      socketPath,
      connectionsMax: connectionsMax ?? CONNECTIONS_MAX,
      listenTimeoutMs,
      clock,
      connected: (socket) => this.#connected(socket),
      closing: () => this.#closeConnections(),
    });
  }

  /**
   * Rejects with {@link FlowError} SOCKET_IN_USE when somebody else answers on the path for longer than
   * `listenTimeoutMs`, QUEUE_CLOSED after `close`.
   */
  listen(): Promise<void> {
    return this.#server.listen();
  }

  /** Takes no further batch, waits for the handlers, sends their acks, closes and removes the socket. */
  close(): Promise<void> {
    return this.#server.close();
  }

  stats(): BatchReceiverStats {
    const { droppedConnections } = this.#server;
    const [connections, lanes] = [this.#connections.size, this.#lanes.size];
    return { connections, lanes, ...this.#counters, droppedConnections };
  }

  async #closeConnections(): Promise<void> {
    for (const connection of this.#connections) connection.stopReading();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  #connected(socket: Socket): void {
    const { options, counters } = { options: this.#options, counters: this.#counters };
    const connection = new ReceiverConnection(socket, {
      clock: options.clock ?? systemClock,
      frameBytesMax: options.frameBytesMax ?? FRAME_BYTES_MAX,
      lane: (name) => this.#lane(name),
      turnstile: (lane) => ((options.serial ?? true) ? this.#turnstile : lane.turnstile),
      handlers: options.handlers,
      counters,
      ended: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (this.#server.isClosing) void connection.close();
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lanesMax = this.#options.lanesMax ?? LANES_MAX;
    if (this.#lanes.size >= lanesMax) {
      throw new FlowError('LANES_EXHAUSTED', `lane ${name}: ${lanesMax} lanes are known, no more are taken`, {
        lane: name,
      });
    }
    const lane = new Lane(name, this.#options.concurrentBatchesMax ?? 1);
    this.#lanes.set(name, lane);
    return lane;
  }
}
