import type { Buffer } from 'node:buffer';
import type { StreamRoute } from '../products.ts';
import type { CloseCause } from './connection-types.ts';

/** One stream that was asked for. */
export interface StreamRef {
  /** Canonical key, for example `BTCUSDT@depth@0ms`. */
  readonly key: string;
  /** Name on the wire, for example `btcusdt@depth@0ms`. */
  readonly name: string;
  readonly symbol: string;
  /** Stream without its symbol, for example `depth@0ms`. */
  readonly stream: string;
}

/**
 * A stream that delivers nothing. `first-frame-missing`: not once since it was asked for, as with a misspelt name or a
 * wrong route, both of which the exchange acknowledges. `silent`: not for `limitMs`.
 */
export interface StreamAlarm {
  readonly type: 'first-frame-missing' | 'silent';
  readonly stream: StreamRef;
  /** How long nothing has come, over all connections. */
  readonly silentMs: number;
  readonly limitMs: number;
  /** The current connection; 0 while there is none. */
  readonly connectionId: number;
}

export interface ConnectionOpened {
  readonly connectionId: number;
  readonly route: StreamRoute;
  readonly streams: readonly StreamRef[];
}

export interface ConnectionClosed {
  readonly connectionId: number;
  readonly route: StreamRoute;
  /** WebSocket close code; 1006 where no close frame came, 1009 after a frame beyond the size limit. */
  readonly code: number;
  readonly reason: string;
  readonly cause: CloseCause;
  readonly streams: readonly StreamRef[];
  /** undefined when nothing follows, 0 when a successor is there already or is opened at once. */
  readonly willRetryInMs: number | undefined;
}

export interface StreamsAcknowledged {
  readonly connectionId: number;
  readonly streams: readonly StreamRef[];
}

export interface StreamsRefused {
  readonly connectionId: number;
  /** Empty when the answer does not say which request it refuses. */
  readonly streams: readonly StreamRef[];
  readonly code: number;
  readonly message: string;
}

export interface AlarmCleared {
  readonly stream: StreamRef;
  readonly connectionId: number;
  /** How long the stream had been silent. */
  readonly silentMs: number;
}

/**
 * A message that no stream can be given: `binary`, `invalid-utf8`, `not-json`, or `unroutable` (JSON of a stream that
 * was not asked for, or of none).
 */
export interface MessageRejected {
  readonly connectionId: number;
  readonly problem: 'binary' | 'invalid-utf8' | 'not-json' | 'unroutable';
  /** Name on the wire, where the message has one. */
  readonly stream: string | undefined;
  readonly bytes: Buffer;
  readonly receivedAtUs: number;
}

export interface ConnectionRotated {
  readonly fromConnectionId: number;
  readonly toConnectionId: number;
  readonly route: StreamRoute;
}

/** The server told that it will close the connection; a successor is opened at once. */
export interface ShutdownAnnounced {
  readonly connectionId: number;
  readonly route: StreamRoute;
}

export interface ConnectionGaveUp {
  readonly route: StreamRoute;
  readonly attempts: number;
  readonly streams: readonly StreamRef[];
}

/** What {@link MarketStreams} tells. A handler that throws is a fault of the program: the error is not caught. */
export interface MarketStreamsHandlers {
  /**
   * A data message as received, envelope included. While a connection is being replaced, both deliver: the same event
   * comes twice and is recognised by its ids. `bytes` is a view of what the socket read; copy what is kept for long.
   */
  frame(stream: StreamRef, bytes: Buffer, receivedAtUs: number, connectionId: number): void;
  opened?(event: ConnectionOpened): void;
  closed?(event: ConnectionClosed): void;
  /** A SUBSCRIBE was answered, or its stream delivers already. It proves nothing: see {@link StreamAlarm}. */
  acknowledged?(event: StreamsAcknowledged): void;
  refused?(event: StreamsRefused): void;
  /** At most once in `limitMs` for a stream, until data clears it. */
  alarm?(event: StreamAlarm): void;
  cleared?(event: AlarmCleared): void;
  malformed?(event: MessageRejected): void;
  unroutable?(event: MessageRejected): void;
  /** At most once a connection. */
  shutdownAnnounced?(event: ShutdownAnnounced): void;
  rotated?(event: ConnectionRotated): void;
  gaveUp?(event: ConnectionGaveUp): void;
}

/** `live`: delivered on the current connection. `silent`: an alarm stands. */
export type StreamState = 'idle' | 'connecting' | 'subscribing' | 'live' | 'silent' | 'waiting' | 'stopped';

export interface StreamStatus {
  readonly key: string;
  /** The current connection; 0 while there is none. */
  readonly connectionId: number;
  readonly state: StreamState;
  /** Data messages since the start, over all connections. */
  readonly events: number;
  /** `Clock.nowMs()` at the last data message. */
  readonly lastEventAtMs: number | undefined;
  readonly alarm: StreamAlarm | undefined;
}

/** Everything is counted since the start; the numbers only grow. */
export interface StreamCounters {
  frames: number;
  bytes: number;
  connectionsOpened: number;
  connectionsClosed: number;
  rotations: number;
  /** Connections whose server announced its shutdown. */
  shutdownsAnnounced: number;
  alarms: number;
  acknowledged: number;
  refused: number;
  binary: number;
  invalidUtf8: number;
  notJson: number;
  unroutable: number;
  /** Messages of a connection that had been given up already, or of a stream that had been told to end. */
  late: number;
}
