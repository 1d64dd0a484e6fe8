import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Cancel, Clock } from '../clock.ts';
import { MissedMessages } from '../delivery/missed-messages.ts';
import type { StreamMessage } from '../market-source.ts';
import type { Route } from '../product.ts';
import { answerControl } from './control-message.ts';
import { MessageRate } from './message-rate.ts';
import type { StreamAddress } from './stream-address.ts';
import { CLIENT_NAME_MAX, STREAMS_MAX } from './stream-address.ts';

/** Rules of a connection; the defaults are the exchange's, developers.binance.com, "Connect", seen 2026-11. */
export interface ConnectionRules {
  /** Default 3 min. */
  readonly pingIntervalMs: number;
  /** Without a pong for this long the connection is dropped. Default 10 min. */
  readonly pongTimeoutMs: number;
  /** Age at which the exchange ends a connection. Default 24 h. */
  readonly lifetimeMs: number;
  /** Messages, pings and pongs of a client in a second, together. Default 10. */
  readonly clientMessagesPerSecond: number;
  /** A client that lets this much pile up is cut. Default 64 MiB. */
  readonly unsentBytesMax: number;
  readonly errorShape: 'nested' | 'flat';
}

/** How a connection ended, in the words of the report. */
export type ConnectionEnd =
  | 'open'
  | 'client'
  | 'cut'
  | 'reset'
  | 'close'
  | 'halfOpen'
  | 'lifetime'
  | 'serverShutdown'
  | 'overrun'
  | 'refused'
  | 'stopped';

/** Who is at the other end, as far as the handshake tells. */
export interface ConnectionOrigin {
  readonly clientAddress: string | undefined;
  readonly clientPort: number | undefined;
  readonly userAgent: string | undefined;
  readonly client: string | undefined;
}

/** What a handshake left behind. */
export interface ConnectionWire {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  /** The TCP socket under it; the same one where there is no TLS. */
  readonly carrier: Socket;
  readonly address: StreamAddress;
  readonly userAgent: string | undefined;
}

export interface ConnectionEvents {
  subscribed(connection: Connection, streams: readonly string[]): void;
  unsubscribed(connection: Connection, streams: readonly string[]): void;
  /** The exchange is about to end it; frames that are written now still leave. */
  ending(connection: Connection): void;
  closed(connection: Connection): void;
}

/** What one connection was sent. `frames` are the intact ones. */
export interface ConnectionCounts {
  frames: number;
  /** Messages of the market in these frames: more than frames where depth cuts differ. */
  events: number;
  bytes: number;
  duplicated: number;
  damaged: number;
  dropped: number;
}

/** One client. It answers control messages, keeps its subscriptions, and takes the frames it is given. */
export class Connection {
  /** 1 for the first that this exchange accepted. */
  readonly number: number;
  readonly route: Route;
  readonly origin: ConnectionOrigin;
  readonly openedAtMs: number;
  /** Undefined while it is open. */
  closedAtMs: number | undefined;
  readonly subscriptions = new Set<string>();
  readonly counts: ConnectionCounts = {
    frames: 0,
    events: 0,
    bytes: 0,
    duplicated: 0,
    damaged: 0,
    dropped: 0,
  };
  readonly missed = new MissedMessages();
  end: ConnectionEnd = 'open';
  combined: boolean;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #carrier: Socket;
  readonly #clock: Clock;
  readonly #rules: ConnectionRules;
  readonly #events: ConnectionEvents;
  readonly #rate: MessageRate;
  readonly #plans = new Set<Cancel>();
  #pongAtMs: number;
  #corked = false;
  #isFrozen = false;

  constructor(
    number: number,
    wire: ConnectionWire,
    rules: ConnectionRules,
    clock: Clock,
    events: ConnectionEvents,
  ) {
    this.number = number;
    this.route = wire.address.route;
    this.combined = wire.address.combined;
    this.origin = {
      clientAddress: wire.socket.remoteAddress,
      clientPort: wire.socket.remotePort,
      userAgent: wire.userAgent?.slice(0, CLIENT_NAME_MAX),
      client: wire.address.client,
    };
    this.#webSocket = wire.webSocket;
    this.#socket = wire.socket;
    this.#carrier = wire.carrier;
    this.#rules = rules;
    this.#clock = clock;
    this.#events = events;
    this.#rate = new MessageRate(rules.clientMessagesPerSecond);
    this.openedAtMs = this.#pongAtMs = clock.nowMs();
    this.#listen();
    this.#planPing();
    this.plan(rules.lifetimeMs, () => this.close(1000, '', 'lifetime'));
    this.#subscribe(wire.address.streams);
  }

  get isOpen(): boolean {
    return this.end === 'open' && !this.#isFrozen && this.#webSocket.readyState === 1;
  }

  /** Whether TCP is all that is left of it: it is not ended, and nothing comes through. */
  get isHalfOpen(): boolean {
    return this.#isFrozen && this.end === 'open';
  }

  /** Bytes that were handed to the socket and have not left this process. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** The bytes of a message in the form that this connection asked for. */
  form(message: StreamMessage): Buffer {
    const { frame, dataStart } = message;
    return this.combined ? frame : frame.subarray(dataStart, frame.length - 1);
  }

  /** Hands a text frame to the socket; it leaves with the next {@link flush}. False when the client was cut instead. */
  write(frame: Buffer | string): boolean {
    if (!this.isOpen) return false;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
    }
    this.#webSocket.send(frame, { binary: false, compress: false });
    if (this.#socket.writableLength <= this.#rules.unsentBytesMax) return true;
    this.#finish('overrun', () => this.#webSocket.terminate());
    return false;
  }

  flush(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  /** Runs `action` later, unless the connection is gone by then. */
  plan(delayMs: number, action: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#plans.delete(cancel);
      action();
    });
    this.#plans.add(cancel);
  }

  /** Runs `action` when the connection is gone. */
  whenClosed(action: () => void): void {
    this.#webSocket.once('close', action);
  }

  /** Ends the TCP connection behind what was already sent, without a word of WebSocket. */
  cut(): void {
    this.#finish('cut', () => this.#socket.destroySoon());
  }

  /** Ends it with a TCP reset: what the client has not read yet is lost. */
  reset(): void {
    this.#finish('reset', () => this.#carrier.resetAndDestroy());
  }

  /** Sends and reads nothing more, as if the route was lost; after that time the connection is destroyed. */
  freeze(durationMs: number): void {
    if (!this.isOpen) return;
    this.#events.ending(this);
    this.flush();
    this.#isFrozen = true;
    this.#webSocket.pause();
    this.plan(durationMs, () => this.#finish('halfOpen', () => this.#socket.destroy()));
  }

  /** Closes as WebSocket does, and hangs up when the client does not answer. */
  close(code: number, reason: string, end: ConnectionEnd = 'close'): void {
    if (this.isHalfOpen) return end === 'stopped' ? this.terminate() : undefined;
    this.#finish(end, () => this.#webSocket.close(code, reason));
  }

  terminate(): void {
    this.#finish('stopped', () => this.#webSocket.terminate());
    this.#webSocket.terminate();
  }

  #finish(end: ConnectionEnd, action: () => void): void {
    // A client that is cut because it does not read has no use for more.
    if (this.isOpen && end !== 'overrun') this.#events.ending(this);
    if (this.end === 'open') this.end = end;
    this.flush();
    action();
  }

  #listen(): void {
    this.#webSocket.on('message', (data, isBinary) => this.#received(data, isBinary));
    this.#webSocket.on('ping', () => this.#admit());
    this.#webSocket.on('pong', () => {
      this.#pongAtMs = this.#clock.nowMs();
      this.#admit();
    });
    // A client may break the protocol or the line; the close event that follows is all that matters here.
    this.#webSocket.on('error', () => undefined);
    this.#webSocket.on('close', () => {
      if (this.end === 'open') this.end = 'client';
      this.closedAtMs = this.#clock.nowMs();
      for (const cancel of this.#plans) cancel();
      this.#plans.clear();
      this.#events.closed(this);
    });
  }

  #received(data: RawData, isBinary: boolean): void {
    if (!this.#admit()) return;
    if (isBinary) return this.close(1008, 'Invalid request', 'refused');
    const { subscriptions, combined } = this;
    const state = { subscriptions, combined, streamsMax: STREAMS_MAX, errorShape: this.#rules.errorShape };
    const answer = answerControl((data as Buffer).toString('utf8'), state);
    if (answer.combined !== undefined) this.combined = answer.combined;
    this.write(answer.reply);
    this.flush();
    if (answer.subscribe !== undefined) this.#subscribe(answer.subscribe);
    if (answer.unsubscribe !== undefined) this.#unsubscribe(answer.unsubscribe);
  }

  #subscribe(streams: readonly string[]): void {
    const added = streams.filter((stream) => !this.subscriptions.has(stream));
    for (const stream of added) this.subscriptions.add(stream);
    if (added.length > 0) this.#events.subscribed(this, added);
  }

  #unsubscribe(streams: readonly string[]): void {
    this.#events.unsubscribed(
      this,
      streams.filter((stream) => this.subscriptions.delete(stream)),
    );
  }

  /** Counts a message of the client; closes the connection when there are too many. */
  #admit(): boolean {
    if (this.#rate.admit(this.#clock.nowMs())) return true;
    this.close(1008, 'Too many requests', 'refused');
    return false;
  }

  #planPing(): void {
    this.plan(this.#rules.pingIntervalMs, () => {
      if (this.isHalfOpen) return;
      const nowMs = this.#clock.nowMs();
      if (nowMs - this.#pongAtMs > this.#rules.pongTimeoutMs)
        return this.close(1008, 'Pong timeout', 'refused');
      this.flush();
      this.#webSocket.ping(String(Math.floor(nowMs)));
      this.#planPing();
    });
  }
}
