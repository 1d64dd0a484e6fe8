import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between one part and the server, so that the part can be cut off, for good or for a while. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      if (this.#isCut) return void client.destroy();
      const upstream = connect(port, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.once('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
      if (this.#timer !== undefined) this.#pause();
    });
  }

  static async to(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What is on its way arrives late. */
  hangFor(ms: number): void {
    if (this.#timer !== undefined || this.#isCut) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const socket of this.#sockets) socket.resume();
    }, ms);
    this.#pause();
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }
}

/**
 * Ends a part as a SIGKILL would, as far as anybody outside can see: it reaches nobody any more, then it is gone. What its
 * store holds then is what was committed there, confirmed or not.
 */
export async function abandon({
  proxy,
  part,
}: {
  proxy: CuttingProxy;
  part: { close(): Promise<void> };
}): Promise<void> {
  proxy.cut();
  await part.close();
}
