import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that are passed on in one go while the line is slow. */
const SLICES_PER_SECOND = 10;

/** One connection through the proxy, and what is the matter with it. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #ending = new AbortController();
  #thawed: Promise<void> | undefined;
  #thaw: () => void = () => undefined;
  /** Every chunk is passed on so much later. */
  delayMs = 0;
  bytesPerSecond = Infinity;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    void this.#forward(client, server);
    void this.#forward(server, client);
  }

  get isOpen(): boolean {
    return !this.#ending.signal.aborted;
  }

  /** Nothing passes any more in either direction, and neither side is told. */
  freeze(): void {
    this.#thawed ??= new Promise((resolve) => (this.#thaw = resolve));
  }

  /** What waited comes now. */
  thaw(): void {
    this.#thaw();
    this.#thawed = undefined;
  }

  /** Ends both sides in the ordinary way of TCP. */
  cut(): void {
    this.#end(() => {
      this.#client.destroySoon();
      this.#server.destroySoon();
    });
  }

  /** Ends both sides with RST. */
  reset(): void {
    this.#end(() => {
      this.#client.resetAndDestroy();
      this.#server.resetAndDestroy();
    });
  }

  #end(how: () => void): void {
    this.#ending.abort();
    this.thaw();
    how();
  }

  /** A side that is not read holds the other one up, as on a real line. */
  async #forward(from: Socket, to: Socket): Promise<void> {
    const { signal } = this.#ending;
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (this.delayMs > 0) await sleep(this.delayMs, undefined, { signal });
        let rest = chunk;
        while (rest.length > 0) {
          await this.#thawed;
          signal.throwIfAborted();
          rest = await this.#pass(rest, to);
        }
      }
      to.end();
      if (from.closed && to.closed) this.#ending.abort();
    } catch {
      if (this.isOpen) this.cut();
    }
  }

  /** Returns what is left. */
  async #pass(bytes: Buffer, to: Socket): Promise<Buffer> {
    const { signal } = this.#ending;
    const isSlow = this.bytesPerSecond !== Infinity;
    const size = isSlow ? Math.ceil(this.bytesPerSecond / SLICES_PER_SECOND) : bytes.length;
    if (!to.write(bytes.subarray(0, size))) await once(to, 'drain', { signal });
    if (isSlow) await sleep(1000 / SLICES_PER_SECOND, undefined, { signal });
    return bytes.subarray(size);
  }
}

/** A line of TCP that can be cut, reset, frozen, delayed and slowed down, each connection on its own. */
export class TcpProxy {
  readonly #server: Server;
  readonly #connections: ProxiedConnection[] = [];
  readonly #target: Promise<number>;
  #setTarget: (port: number) => void = () => undefined;
  accepted = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#target = new Promise((resolve) => (this.#setTarget = resolve));
    server.on('connection', (client) => void this.#accept(client));
  }

  /** Connections wait until {@link forwardTo} says where they go. */
  static async start(): Promise<TcpProxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Open connections, the oldest first. */
  get connections(): readonly ProxiedConnection[] {
    return this.#connections.filter(({ isOpen }) => isOpen);
  }

  /** A port of 127.0.0.1. */
  forwardTo(port: number): void {
    this.#setTarget(port);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) connection.reset();
    await once(this.#server, 'close');
  }

  async #accept(client: Socket): Promise<void> {
    this.accepted++;
    client.on('error', () => undefined);
    const server = connect({ port: await this.#target, host: '127.0.0.1', noDelay: true });
    server.on('error', () => undefined);
    const connection = new ProxiedConnection(client, server);
    this.#connections.push(connection);
    client.on('close', () => connection.isOpen && connection.cut());
  }
}
