import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { JsonLineDecoder } from './json-line.ts';

export interface LineConnectionHandlers {
  /** One line. A {@link FlowError} that this throws closes the connection, as one of the line itself does. */
  line(value: unknown): void;
  /** Exactly once, the first time that either side ends it. `error` tells what this side objected to. */
  closed(error: FlowError | undefined): void;
}

/** Bytes that may wait for a peer that does not read. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** How long a peer gets to read the last lines. */
const LINGER_MS = 1000;

/** Lines of JSON over one socket. */
export class LineConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #handlers: LineConnectionHandlers;
  readonly #decoder = new JsonLineDecoder();
  /** Resolves when the socket is closed for good. */
  readonly ended: Promise<void>;
  #closed = false;
  #linger: ClockTimer | undefined;

  constructor(socket: Socket, clock: Clock, handlers: LineConnectionHandlers) {
    this.#socket = socket;
    this.#clock = clock;
    this.#handlers = handlers;
    this.ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    // What broke is told by 'close', which always follows; without a listener an error would end the process.
    socket.on('error', () => undefined);
    socket.once('end', () => this.close());
    socket.once('close', () => {
      clock.clearTimeout(this.#linger);
      this.#closeOnce(undefined);
    });
  }

  /** Writes the line, or returns false: closed, or the peer does not read and is closed for that. */
  send(line: Buffer): boolean {
    if (this.#closed) return false;
    if (this.#socket.writableLength + line.length > WAITING_BYTES_MAX) {
      this.#socket.destroy();
      const waiting = `${this.#socket.writableLength} bytes wait for a peer that does not read`;
      this.#closeOnce(new FlowError('FRAME_TOO_LARGE', `${waiting}, expected at most ${WAITING_BYTES_MAX}`));
      return false;
    }
    this.#socket.write(line);
    return true;
  }

  /** Ends it after what was sent; a peer that does not leave in time is cut off. */
  close(error?: FlowError): void {
    if (this.#closed) return;
    this.#socket.end();
    // Reads on and forgets, so that the peer's end is seen.
    this.#socket.resume();
    this.#linger = this.#clock.setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#closeOnce(error);
  }

  #received(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      for (const value of this.#decoder.push(chunk)) {
        this.#handlers.line(value);
        if (this.#closed) return;
      }
    } catch (thrown) {
      if (!(thrown instanceof FlowError)) throw thrown;
      this.close(thrown);
    }
  }

  #closeOnce(error: FlowError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.closed(error);
  }
}
