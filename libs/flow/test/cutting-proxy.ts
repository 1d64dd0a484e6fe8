import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/**
 * Stands between sender and receiver and cuts the line, at any byte, as the death of a process does: what was on its
 * way is lost, in both directions.
 */
export class CuttingProxy {
  readonly #server: Server;
  readonly #lines = new Set<Socket>();
  #target: string | undefined;
  /** Bytes that still pass before the next cut. */
  #bytesLeft = Infinity;

  constructor() {
    this.#server = createServer((near) => this.#join(near));
  }

  listen(socketPath: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(socketPath, resolve));
  }

  /** Where new connections lead; undefined cuts them at once. */
  leadTo(target: string | undefined): void {
    this.#target = target;
  }

  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  cut(): void {
    this.#bytesLeft = Infinity;
    for (const line of this.#lines) line.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy();
      return;
    }
    const far = connect(this.#target);
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    this.#lines.add(from);
    from.on('error', () => undefined);
    from.once('close', () => {
      this.#lines.delete(from);
      to.destroy();
    });
    from.on('data', (chunk: Buffer) => {
      const passing = chunk.subarray(0, this.#bytesLeft);
      this.#bytesLeft -= passing.length;
      to.write(passing);
      if (this.#bytesLeft <= 0) setImmediate(() => this.cut());
    });
  }
}
