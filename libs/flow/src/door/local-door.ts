import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { FlowError } from '../errors.ts';
import { LocalServer } from '../local-server.ts';
import { Visit } from './visit.ts';
import type { DoorVisitor } from './visit.ts';

export interface LocalDoorHandlers {
  /** Somebody came and said its hello. */
  visited(visitor: DoorVisitor): void;
  /** A visitor that came is gone, whoever ended it. */
  left?(visitor: DoorVisitor): void;
  /** A connection was closed because the peer broke the protocol or did not read; the others go on. */
  failed?(error: FlowError): void;
}

export interface LocalDoorOptions {
  readonly socketPath: string;
  readonly handlers: LocalDoorHandlers;
  /** Most visitors, later ones are dropped and counted; default 256. */
  readonly visitorsMax?: number;
  /** A visitor that has not said its hello by then is closed; default 5 s. */
  readonly helloTimeoutMs?: number;
  /** How long `listen` tries again while somebody else answers, such as a predecessor that is leaving; default 0. */
  readonly listenTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface LocalDoorStats {
  readonly visitors: number;
  /** Connections that were closed because the peer broke the protocol, was silent or did not read. */
  readonly refusedVisitors: number;
  /** Connections that were not taken: beyond `visitorsMax`, or for want of file descriptors. */
  readonly droppedConnections: number;
}

const VISITORS_MAX = 256;
const HELLO_TIMEOUT_MS = 5000;

/** The address of the one living process of its kind: others come by, say who they are and hear what they shall do. */
export class LocalDoor {
  readonly #options: LocalDoorOptions;
  readonly #visits = new Set<Visit>();
  readonly #server: LocalServer;
  #refusedVisitors = 0;

  constructor(options: LocalDoorOptions) {
    this.#options = options;
    const { socketPath, visitorsMax, listenTimeoutMs, clock } = options;
    this.#server = new LocalServer({
      name: 'local door',
      socketPath,
      connectionsMax: visitorsMax ?? VISITORS_MAX,
      listenTimeoutMs,
      clock,
      connected: (socket) => this.#connected(socket),
      closing: () => this.#visits.forEach((visit) => visit.close()),
    });
  }

  /**
   * Rejects with {@link FlowError} SOCKET_IN_USE when somebody else answers on the path for longer than
   * `listenTimeoutMs`, QUEUE_CLOSED after `close`.
   */
  listen(): Promise<void> {
    return this.#server.listen();
  }

  /** Lets every visitor go after what it was sent, as far as it reads that within a second, and removes the socket. */
  close(): Promise<void> {
    return this.#server.close();
  }

  stats(): LocalDoorStats {
    return {
      visitors: [...this.#visits].filter(({ visitor }) => visitor !== undefined).length,
      refusedVisitors: this.#refusedVisitors,
      droppedConnections: this.#server.droppedConnections,
    };
  }

  #connected(socket: Socket): void {
    const { clock, helloTimeoutMs, handlers } = this.#options;
    const visit: Visit = new Visit(socket, {
      clock: clock ?? systemClock,
      helloTimeoutMs: helloTimeoutMs ?? HELLO_TIMEOUT_MS,
      visited: (visitor) => handlers.visited(visitor),
      closed: (error) => {
        this.#visits.delete(visit);
        if (error !== undefined) {
          this.#refusedVisitors++;
          handlers.failed?.(error);
        }
        if (visit.visitor !== undefined) handlers.left?.(visit.visitor);
      },
    });
    this.#visits.add(visit);
    if (this.#server.isClosing) visit.close();
  }
}
