import type { Cancel, Clock } from '../clock.ts';
import type { StreamMessage } from '../market-source.ts';
import { seededRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { Connection } from '../socket/connection.ts';
import type { DepthEvent } from './depth-event.ts';
import { follows, mergeDepthEvents, readDepthEvent } from './depth-event.ts';

/** One depth stream of one connection: what is held back of it, and how many events the group will have. */
interface Line {
  readonly random: Random;
  size: number;
  events: DepthEvent[];
  heldSinceMs: number;
}

export interface DepthCutsOptions {
  readonly seed: number;
  /** Market seconds in a second of the clock. */
  readonly speed: number;
  readonly clock: Clock;
  /** Sends a message that stands for that many original ones. */
  send(connection: Connection, message: StreamMessage, events: number): void;
  /** Lets go what was sent when no message of the market did it. */
  flush(): void;
}

/** Most events that are merged into one. */
const GROUP_MAX = 3;
/** Longest that an event is held back, ms of market time. */
const HOLD_MAX_MS = 250;

function groupSize(random: Random): number {
  return 1 + random.below(GROUP_MAX);
}

/**
 * Cuts the depth streams of each connection into events of its own: nothing promises that two connections of the exchange
 * cut alike. Groups of one to three events, drawn from the seed, the connection's number and the stream; a group leaves
 * with its last event, or when it was held for long, and never spans a hole in the ids.
 */
export class DepthCuts {
  readonly #options: DepthCutsOptions;
  readonly #lines = new Map<Connection, Map<string, Line>>();
  #read: { readonly message: StreamMessage; readonly event: DepthEvent | undefined } | undefined;
  #cancel: Cancel | undefined;

  constructor(options: DepthCutsOptions) {
    this.#options = options;
  }

  /** Takes a message for the connection, and sends it at once or later, alone or with its neighbours. */
  add(connection: Connection, message: StreamMessage): void {
    const line = this.#line(connection, message.stream);
    const event = this.#eventOf(message);
    if (event === undefined || !this.#joins(line, event)) this.#send(connection, line);
    if (event === undefined) return this.#options.send(connection, message, 1);
    if (line.events.length === 0) line.heldSinceMs = this.#options.clock.nowMs();
    line.events.push(event);
    if (line.events.length >= line.size) this.#send(connection, line);
    else this.#cancel ??= this.#wait(this.#holdMs);
  }

  /** Sends what is held of a stream, or of all streams of the connection. */
  release(connection: Connection, stream?: string): void {
    const lines = this.#lines.get(connection);
    for (const [name, line] of lines ?? []) {
      if (stream === undefined || stream === name) this.#send(connection, line);
    }
  }

  /** Drops what is held of a connection that is gone. */
  forget(connection: Connection): void {
    this.#lines.delete(connection);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  get #holdMs(): number {
    return HOLD_MAX_MS / this.#options.speed;
  }

  #joins({ events }: Line, event: DepthEvent): boolean {
    const last = events.at(-1);
    if (last === undefined) return true;
    return follows(last, event) && event.data.E - events[0]!.data.E <= HOLD_MAX_MS;
  }

  #send(connection: Connection, line: Line): void {
    const { events } = line;
    if (events.length === 0) return;
    line.events = [];
    line.size = groupSize(line.random);
    const message = events.length === 1 ? events[0]!.message : mergeDepthEvents(events);
    this.#options.send(connection, message, events.length);
  }

  /** One timer for all lines: it looks which have waited long enough, and waits for the next one. */
  #wait(delayMs: number): Cancel {
    return this.#options.clock.after(delayMs, () => {
      const nowMs = this.#options.clock.nowMs();
      let nextMs = Infinity;
      for (const [connection, lines] of this.#lines) {
        for (const line of lines.values()) {
          if (line.heldSinceMs + this.#holdMs <= nowMs) this.#send(connection, line);
          if (line.events.length > 0) nextMs = Math.min(nextMs, line.heldSinceMs + this.#holdMs);
        }
      }
      this.#options.flush();
      this.#cancel = nextMs === Infinity ? undefined : this.#wait(nextMs - nowMs);
    });
  }

  /** Every connection that hears a message asks for its event; it is read once. */
  #eventOf(message: StreamMessage): DepthEvent | undefined {
    if (this.#read?.message !== message) this.#read = { message, event: readDepthEvent(message) };
    return this.#read.event;
  }

  #line(connection: Connection, stream: string): Line {
    let lines = this.#lines.get(connection);
    if (lines === undefined) this.#lines.set(connection, (lines = new Map<string, Line>()));
    let line = lines.get(stream);
    if (line === undefined) {
      const random = seededRandom(`${this.#options.seed} cut ${connection.number} ${stream}`);
      lines.set(stream, (line = { random, size: groupSize(random), events: [], heldSinceMs: 0 }));
    }
    return line;
  }
}
