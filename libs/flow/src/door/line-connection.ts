import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { JsonLineDecoder } from './json-line.ts';

export interface LineConnectionHandlers {
  /** One line. Returns what is wrong with it: that closes the connection, as a line that is no JSON does. */
  line(value: unknown): FlowError | undefined;
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
    const values = this.#decoder.push(chunk);
    while (!this.#closed) {
      const next = this.#next(values);
      if (next.done === true) return;
      const objection = this.#handlers.line(next.value);
      if (objection !== undefined) this.close(objection);
    }
  }

  /** Only what the peer did is its fault: an error of our own caller's handler goes on and is not hidden here. */
  #next(values: Iterator<unknown, void>): IteratorResult<unknown, void> {
    try {
      return values.next();
    } catch (thrown) {
      if (!(thrown instanceof FlowError)) throw thrown;
      this.close(thrown);
      return { done: true, value: undefined };
    }
  }

  #closeOnce(error: FlowError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.closed(error);
  }
}
