import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { encodeLine } from './json-line.ts';
import { LineConnection } from './line-connection.ts';

/** Whoever came to a door, as the door sees it; the same object in `visited` and `left`. */
export interface DoorVisitor {
  /** What it said first; any JSON value, to be checked by whoever reads it. */
  readonly hello: unknown;
  /**
   * Sends it a JSON value. False when it is gone, or does not read (1 MiB waits for it) and is closed for that. Throws
   * a RangeError for more than 64 KiB and for what is no JSON value.
   */
  send(message: unknown): boolean;
  /** Lets it go, after what it was sent. */
  close(): void;
}

export interface VisitOptions {
  readonly clock: Clock;
  readonly helloTimeoutMs: number;
  visited(visitor: DoorVisitor): void;
  closed(error: FlowError | undefined): void;
}

/** One connection at the door: a hello, and nothing else, comes in. */
export class Visit {
  readonly #options: VisitOptions;
  readonly #connection: LineConnection;
  readonly #silence: ClockTimer;
  #visitor: DoorVisitor | undefined;

  constructor(socket: Socket, options: VisitOptions) {
    this.#options = options;
    this.#connection = new LineConnection(socket, options.clock, {
      line: (value) => this.#line(value),
      closed: (error) => {
        options.clock.clearTimeout(this.#silence);
        options.closed(error);
      },
    });
    this.#silence = options.clock.setTimeout(() => {
      const text = `no hello within ${options.helloTimeoutMs} ms`;
      this.#connection.close(new FlowError('FRAME_CORRUPT', text));
    }, options.helloTimeoutMs);
  }

  /** Undefined until its hello. */
  get visitor(): DoorVisitor | undefined {
    return this.#visitor;
  }

  close(): void {
    this.#connection.close();
  }

  #line(value: unknown): FlowError | undefined {
    if (this.#visitor !== undefined)
      return new FlowError('FRAME_CORRUPT', 'a second line, expected one hello');
    this.#options.clock.clearTimeout(this.#silence);
    this.#visitor = {
      hello: value,
      send: (message) => this.#connection.send(encodeLine(message)),
      close: () => this.#connection.close(),
    };
    this.#options.visited(this.#visitor);
    return undefined;
  }
}
