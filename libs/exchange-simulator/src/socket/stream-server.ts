import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Cancel, Clock } from '../clock.ts';
import type { ConnectionReport } from '../delivery/sent-report.ts';
import type { Product } from '../product.ts';
import type { ConnectionEvents, ConnectionRules } from './connection.ts';
import { Connection } from './connection.ts';
import { parseStreamAddress } from './stream-address.ts';

/** A client says little: subscriptions of 1024 streams have about 30 KB. */
const CLIENT_MESSAGE_BYTES_MAX = 256 * 1024;
/** Reports of closed connections that are kept. */
const REPORTS_MAX = 1000;

const REASONS = { 400: 'Bad Request', 404: 'Not Found', 414: 'Request-URI Too Large' } as const;

function report(connection: Connection): ConnectionReport {
  const { number, route, end, subscriptions, counts, missed, origin, openedAtMs, closedAtMs } = connection;
  return {
    number,
    route,
    end,
    subscriptions: subscriptions.size,
    streams: [...subscriptions],
    openedAtMs,
    closedAtMs,
    ...origin,
    ...counts,
    missed: missed.ranges(),
  };
}

function clientOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Accepts WebSocket handshakes on an HTTP server and keeps the list of who is connected. */
export class StreamServer {
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_MESSAGE_BYTES_MAX,
  });
  readonly #open = new Set<Connection>();
  /** TCP sockets by the client's address: behind TLS an upgrade does not show its own. */
  readonly #carriers = new Map<string, Socket>();
  readonly #closed: ConnectionReport[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #product: Product;
  readonly #rules: ConnectionRules;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents & { opened(connection: Connection): void };
  #accepted = 0;

  constructor(
    product: Product,
    rules: ConnectionRules,
    clock: Clock,
    events: ConnectionEvents & { opened(connection: Connection): void },
  ) {
    this.#product = product;
    this.#rules = rules;
    this.#clock = clock;
    this.#events = events;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#open;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get refused(): Readonly<Record<string, number>> {
    return { ...this.#refused };
  }

  reports(): readonly ConnectionReport[] {
    return [...this.#closed, ...[...this.#open].map(report)].sort((a, b) => a.number - b.number);
  }

  attach(server: Server): void {
    server.on('connection', (carrier: Socket) => this.#carry(carrier));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Says goodbye to everybody, and hangs up on those who neither answer nor read on for `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([...this.#open].map((connection) => this.#dismiss(connection, graceMs)));
    this.#webSockets.close();
  }

  #dismiss(connection: Connection, graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waitFrom = (unsentBytes: number): Cancel =>
        this.#clock.after(graceMs, () => {
          if (connection.unsentBytes < unsentBytes) cancel = waitFrom(connection.unsentBytes);
          else connection.terminate();
        });
      connection.close(1001, 'exchange stopped', 'stopped');
      let cancel = waitFrom(connection.unsentBytes);
      connection.whenClosed(() => {
        cancel();
        resolve();
      });
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = parseStreamAddress(this.#product, request.url ?? '/');
    if ('status' in address) {
      this.#refused[address.status] = (this.#refused[address.status] ?? 0) + 1;
      socket.on('error', () => undefined);
      socket.end(
        `HTTP/1.1 ${address.status} ${REASONS[address.status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const userAgent = request.headers['user-agent'];
      const carrier = this.#carriers.get(clientOf(socket as Socket)) ?? (socket as Socket);
      const wire = { webSocket, socket: socket as Socket, carrier, address, userAgent };
      const connection = new Connection(++this.#accepted, wire, this.#rules, this.#clock, this.#events);
      this.#open.add(connection);
      connection.whenClosed(() => this.#forget(connection));
      this.#events.opened(connection);
    });
  }

  #carry(carrier: Socket): void {
    const client = clientOf(carrier);
    this.#carriers.set(client, carrier);
    carrier.once('close', () => this.#carriers.delete(client));
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    this.#closed.push(report(connection));
    if (this.#closed.length > REPORTS_MAX) this.#closed.shift();
  }
}
