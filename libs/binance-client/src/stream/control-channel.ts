import type { Clock, ClockTimer } from '../clock.ts';
import { AttemptLimiter } from './attempt-limiter.ts';
import type { StreamRecord } from './stream-record.ts';

/**
 * The exchange closes a connection, and may ban the address, beyond 10 messages a second from the client, pings and
 * pongs included (developers.binance.com, USD-M "Connect", seen 2026-05-28); spot allows 5. Requests keep to 4, so that
 * pings and the answers to the server's always fit.
 */
const MESSAGES_PER_SECOND_MAX = 4;
const WINDOW_MS = 1100;
/** A frame with 100 streams is known to work (2026-09-25). */
const STREAMS_PER_MESSAGE_MAX = 100;
const UNANSWERED_MAX = 1000;

export interface ControlRequest {
  readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE';
  readonly records: StreamRecord[];
}

export interface ControlChannelOptions {
  readonly clock: Clock;
  /** Sends one text frame. */
  send(text: string): void;
  /** Called when a request has been sent. */
  sent(request: ControlRequest): void;
}

/** The requests of one connection: batched, paced, and matched with their answers by id. */
export class ControlChannel {
  readonly #options: ControlChannelOptions;
  readonly #pace = new AttemptLimiter(MESSAGES_PER_SECOND_MAX, WINDOW_MS);
  readonly #queue: ControlRequest[] = [];
  readonly #unanswered = new Map<number, ControlRequest>();
  #nextId = 1;
  #timer: ClockTimer | undefined;
  #isClosed = false;

  constructor(options: ControlChannelOptions) {
    this.#options = options;
  }

  request(method: ControlRequest['method'], records: readonly StreamRecord[]): void {
    for (const record of records) {
      const last = this.#queue.at(-1);
      if (last?.method === method && last.records.length < STREAMS_PER_MESSAGE_MAX) last.records.push(record);
      else this.#queue.push({ method, records: [record] });
    }
    this.#pump();
  }

  /** The request that an answer with this id belongs to; each is answered once. */
  answered(id: number | undefined): ControlRequest | undefined {
    if (id === undefined) return undefined;
    const request = this.#unanswered.get(id);
    this.#unanswered.delete(id);
    return request;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#unanswered.clear();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #pump(): void {
    if (this.#isClosed || this.#timer !== undefined || this.#queue.length === 0) return;
    const { clock } = this.#options;
    const waitMs = this.#pace.waitMs(clock.nowMs());
    // Also with no wait the request goes out from a timer, so that streams asked for one by one share a message.
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#pace.waitMs(clock.nowMs()) === 0) this.#sendNext();
      this.#pump();
    }, waitMs);
  }

  #sendNext(): void {
    const request = this.#queue.shift();
    if (request === undefined) return;
    const id = this.#nextId++;
    this.#pace.take(this.#options.clock.nowMs());
    this.#remember(id, request);
    const params = request.records.map(({ ref }) => ref.name);
    this.#options.send(JSON.stringify({ method: request.method, params, id }));
    this.#options.sent(request);
  }

  #remember(id: number, request: ControlRequest): void {
    this.#unanswered.set(id, request);
    if (this.#unanswered.size <= UNANSWERED_MAX) return;
    for (const oldest of this.#unanswered.keys()) {
      this.#unanswered.delete(oldest);
      return;
    }
  }
}
