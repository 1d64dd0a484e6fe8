import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

const PUBLIC = /^(depth.*|bookTicker|trade)$/;

interface ControlMessage {
  readonly method: string;
  readonly params: readonly string[];
  readonly id: number;
}

/** One connection as the exchange sees it. */
export class FakeConnection {
  readonly path: string;
  readonly socket: WebSocket;
  readonly subscribed = new Set<string>();
  readonly controlAtMs: number[] = [];
  readonly messages: ControlMessage[] = [];
  /** Says nothing more, not even pongs: the peer of a half-open connection. */
  isMute = false;

  constructor(path: string, socket: WebSocket) {
    this.path = path;
    this.socket = socket;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Acknowledged is everything; delivered is what exists on this route. */
  delivers(name: string): boolean {
    if (!this.subscribed.has(name) || !/^\p{L}+usdt@/u.test(name)) return false;
    const isPublic = PUBLIC.test(name.slice(name.indexOf('@') + 1));
    return this.path === '/stream' || this.path === (isPublic ? '/public/stream' : '/market/stream');
  }

  send(message: string | Buffer, binary = false): void {
    if (this.isOpen && !this.isMute) this.socket.send(message, { binary });
  }

  data(name: string, data: object): void {
    this.send(JSON.stringify({ stream: name, data }));
  }
}

/** A scripted stand-in for the exchange on a loopback port: acknowledges everything, delivers what the test sends. */
export class FakeExchange {
  readonly connections: FakeConnection[] = [];
  readonly requests: { readonly path: string; readonly query: URLSearchParams }[] = [];
  /** The answer to a control message; undefined is none. */
  answer: (message: ControlMessage, connection: FakeConnection) => string | undefined = ({ id }) =>
    JSON.stringify({ result: null, id });
  /** An HTTP status instead of a WebSocket. */
  refuseHandshake: () => number | undefined = () => undefined;
  respond: (response: ServerResponse, request: IncomingMessage) => void = (response) =>
    void response.writeHead(404).end();
  handshakes = 0;
  readonly #http: Server = createServer((request, response) => this.#serve(request, response));
  readonly #sockets = new Set<Duplex>();
  readonly #ws = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #feeds: NodeJS.Timeout[] = [];

  static async start(): Promise<FakeExchange> {
    const exchange = new FakeExchange();
    exchange.#http.on('upgrade', (request, socket, head) => exchange.#upgrade(request, socket, head));
    exchange.#http.on('connection', (socket) => {
      exchange.#sockets.add(socket);
      socket.on('close', () => exchange.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => exchange.#http.listen(0, '127.0.0.1', resolve));
    return exchange;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get restUrl(): string {
    return this.wsUrl.replace('ws:', 'http:');
  }

  get open(): FakeConnection[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  /** Does something again and again until the end of the test. */
  every(everyMs: number, run: () => void): void {
    this.#feeds.push(setInterval(run, everyMs));
  }

  /** Sends to every connection that asked for it, each event with an id one higher. */
  feed(name: string, everyMs: number): void {
    let u = 0;
    this.every(everyMs, () => {
      u++;
      for (const connection of this.connections) if (connection.delivers(name)) connection.data(name, { u });
    });
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) clearInterval(feed);
    for (const { socket } of this.connections) socket.terminate();
    for (const socket of this.#sockets) socket.destroy();
    this.#ws.close();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    this.requests.push({ path: pathname, query: searchParams });
    this.respond(response, request);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.handshakes++;
    const status = this.refuseHandshake();
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      const connection = new FakeConnection(request.url ?? '', ws);
      this.connections.push(connection);
      ws.on('error', () => undefined);
      ws.on('ping', (data) => {
        connection.controlAtMs.push(performance.now());
        if (!connection.isMute) ws.pong(data);
      });
      ws.on('pong', () => connection.controlAtMs.push(performance.now()));
      ws.on('message', (data, isBinary) => this.#control(connection, (data as Buffer).toString(), isBinary));
    });
  }

  #control(connection: FakeConnection, text: string, isBinary: boolean): void {
    connection.controlAtMs.push(performance.now());
    if (isBinary) return connection.socket.close(1008, 'Invalid request');
    const message = JSON.parse(text) as ControlMessage;
    connection.messages.push(message);
    const answer = this.answer(message, connection);
    if (answer !== undefined) connection.send(answer);
    if (answer?.includes('result') !== true) return;
    for (const name of message.params) {
      if (message.method === 'SUBSCRIBE') connection.subscribed.add(name);
      else connection.subscribed.delete(name);
    }
  }
}
