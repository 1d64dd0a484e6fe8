import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { Connection, Submittable } from 'pg';

/** Message types of the protocol (https://www.postgresql.org/docs/15/protocol-message-formats.html). */
const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
const LENGTH_BYTES = 4;

/**
 * A `COPY … FROM STDIN`, given to the driver as a query. Pieces are handed to the socket as they are, without a copy, and
 * no faster than it takes them. `done` settles when the server has answered.
 */
export class CopyIn implements Submittable {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #pieces: Iterable<Buffer>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #isOver = false;

  constructor(text: string, pieces: Iterable<Buffer>) {
    this.#text = text;
    this.#pieces = pieces;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  /** The server takes data now. */
  handleCopyInResponse({ stream }: Connection): void {
    this.#send(stream).catch((error: unknown) => this.handleError(error));
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#isOver = true;
    this.#resolve();
  }

  handleError(error: unknown): void {
    this.#isOver = true;
    this.#reject(error);
  }

  async #send(stream: Connection['stream']): Promise<void> {
    for (const piece of this.#pieces) {
      // The server may refuse the copy at any time; what comes after that it skips.
      if (this.#isOver) return;
      const head = Buffer.alloc(1 + LENGTH_BYTES);
      head[0] = COPY_DATA;
      head.writeUInt32BE(LENGTH_BYTES + piece.length, 1);
      stream.write(head);
      if (!stream.write(piece)) await once(stream, 'drain');
    }
    stream.write(COPY_DONE);
  }
}
