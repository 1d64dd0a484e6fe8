import { isUtf8 } from 'node:buffer';
import type { Buffer } from 'node:buffer';
import { FrameError, FrameFields, parseAnswer, scanFrame } from '@org/binance-wire';
import type { Clock } from '../clock.ts';
import type { WatchedStream } from './connection-watch.ts';
import { envelopeStream } from './envelope.ts';
import { isShutdownNotice } from './shutdown-notice.ts';
import type { MarketStreamsHandlers, MessageRejected, StreamCounters } from './stream-events.ts';
import { byteName } from './stream-record.ts';
import type { StreamRecord } from './stream-record.ts';
import type { StreamSession } from './stream-session.ts';

/** Who is told what a message means for the connection that it came on. */
export interface ConnectionListener {
  /** A stream delivers on a connection for the first time. */
  firstFrame(session: StreamSession, isFirstOfConnection: boolean): void;
  /** The server will close the connection. */
  shutdownAnnounced(session: StreamSession): void;
}

const COUNTER_OF = {
  binary: 'binary',
  'invalid-utf8': 'invalidUtf8',
  'not-json': 'notJson',
  unroutable: 'unroutable',
} as const satisfies Record<MessageRejected['problem'], keyof StreamCounters>;

/** Gives every message to whom it belongs: data to its stream, answers to their request, the rest to be seen. */
export class MessageReader {
  readonly #handlers: MarketStreamsHandlers;
  readonly #counters: StreamCounters;
  readonly #clock: Clock;
  readonly #fields = new FrameFields();

  constructor(handlers: MarketStreamsHandlers, counters: StreamCounters, clock: Clock) {
    this.#handlers = handlers;
    this.#counters = counters;
    this.#clock = clock;
  }

  read(listener: ConnectionListener, session: StreamSession, bytes: Buffer, isBinary: boolean): void {
    const receivedAtUs = this.#clock.wallUs();
    const nowMs = this.#clock.nowMs();
    session.heard(nowMs);
    if (isBinary) return this.#reject(session, 'binary', undefined, bytes, receivedAtUs);
    if (!isUtf8(bytes)) return this.#reject(session, 'invalid-utf8', undefined, bytes, receivedAtUs);
    if (isShutdownNotice(bytes)) return listener.shutdownAnnounced(session);
    const name = envelopeStream(bytes);
    const watched = name === undefined ? undefined : session.watch.find(name);
    if (watched === undefined) return this.#unusual(listener, session, bytes, receivedAtUs);
    this.#deliver(listener, session, watched, bytes, receivedAtUs, nowMs);
  }

  // eslint-disable-next-line max-params -- an object a message would cost more than the call
  #deliver(
    listener: ConnectionListener,
    session: StreamSession,
    watched: WatchedStream,
    bytes: Buffer,
    receivedAtUs: number,
    nowMs: number,
  ): void {
    const isFirstOfConnection = session.watch.dataAtMs === undefined;
    const isFirst = watched.dataAtMs === undefined;
    session.watch.dataAtMs = watched.dataAtMs = nowMs;
    const silentMs = watched.record.data(nowMs);
    this.#counters.frames++;
    this.#counters.bytes += bytes.length;
    if (isFirst) {
      this.#acknowledge(session, [watched.record]);
      listener.firstFrame(session, isFirstOfConnection);
    }
    const { ref } = watched.record;
    if (silentMs !== undefined) this.#handlers.cleared?.({ stream: ref, connectionId: session.id, silentMs });
    this.#handlers.frame(ref, bytes, receivedAtUs, session.id);
  }

  /** Answers, unfamiliar forms of the envelope, and what is for nobody. */
  #unusual(listener: ConnectionListener, session: StreamSession, bytes: Buffer, receivedAtUs: number): void {
    const name = this.#scannedName(bytes);
    if (name === undefined) return this.#reject(session, 'not-json', undefined, bytes, receivedAtUs);
    if (name === '') return this.#answer(session, bytes, receivedAtUs);
    const watched = session.watch.find(byteName(name));
    if (watched === undefined) {
      // What was under way when its stream was told to end is nobody's, and no fault.
      if (session.watch.isLeaving(byteName(name))) this.#counters.late++;
      else this.#reject(session, 'unroutable', name, bytes, receivedAtUs);
      return;
    }
    this.#deliver(listener, session, watched, bytes, receivedAtUs, this.#clock.nowMs());
  }

  /** The name in an envelope of any form, '' where there is none, undefined for what is no message of the exchange. */
  #scannedName(bytes: Buffer): string | undefined {
    try {
      scanFrame(bytes, this.#fields);
      return this.#fields.streamText();
    } catch (error) {
      if (error instanceof FrameError) return undefined;
      throw error;
    }
  }

  #answer(session: StreamSession, bytes: Buffer, receivedAtUs: number): void {
    const answer = parseAnswer(bytes);
    if (answer === undefined) return this.#reject(session, 'unroutable', undefined, bytes, receivedAtUs);
    const request = session.answered(answer.id);
    if (answer.error !== undefined) {
      const streams = (request?.records ?? []).map(({ ref }) => ref);
      this.#counters.refused++;
      this.#handlers.refused?.({ connectionId: session.id, streams, ...answer.error });
    } else if (request?.method === 'SUBSCRIBE') this.#acknowledge(session, request.records);
    else for (const record of request?.records ?? []) session.watch.left(record);
  }

  /** Data proves more than an answer: a stream that delivers counts as acknowledged. Each is told once a connection. */
  #acknowledge(session: StreamSession, records: readonly StreamRecord[]): void {
    const news = records.filter((record) => {
      const watched = session.watch.of(record);
      return watched !== undefined && !watched.isAcknowledged && (watched.isAcknowledged = true);
    });
    if (news.length === 0) return;
    this.#counters.acknowledged += news.length;
    this.#handlers.acknowledged?.({ connectionId: session.id, streams: news.map(({ ref }) => ref) });
  }

  #reject(
    session: StreamSession,
    problem: MessageRejected['problem'],
    stream: string | undefined,
    bytes: Buffer,
    receivedAtUs: number,
  ): void {
    this.#counters[COUNTER_OF[problem]]++;
    const event: MessageRejected = { connectionId: session.id, problem, stream, bytes, receivedAtUs };
    if (problem === 'unroutable') this.#handlers.unroutable?.(event);
    else this.#handlers.malformed?.(event);
  }
}
