import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens to the next commit: cut before the server has it, cut after the server did it, or swallowed without an answer. */
export type Cut = 'before' | 'after' | 'never-answers';

/** A proxy on loopback that can lose the connection, or the answer, at a commit. */
export class CuttingProxy {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#serve(client));
  cut: Cut | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    let doomed: Cut | undefined;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          this.#sockets.delete(socket);
          if (doomed !== 'never-answers') end();
        });
    }
    client.on('data', (bytes) => {
      if (this.cut !== undefined && bytes.includes('commit\0')) {
        doomed = this.cut;
        this.cut = undefined;
      }
      if (doomed === 'before') end();
      else if (doomed !== 'never-answers') server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (doomed === 'after') end();
      else if (doomed === undefined) client.write(bytes);
    });
  }
}
