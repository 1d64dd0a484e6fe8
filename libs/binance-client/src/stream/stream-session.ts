import type { Buffer } from 'node:buffer';
import type { Clock } from '../clock.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { ControlChannel } from './control-channel.ts';
import type { ControlRequest } from './control-channel.ts';
import { openSocket } from './socket.ts';
import type { Socket, SocketGone } from './socket.ts';
import type { StreamRecord } from './stream-record.ts';

/** Without any sign of life for so long the server is asked for one, and must give it in time. */
const PEER_QUIET_MS = 60_000;
const PONG_TIMEOUT_MS = 10_000;

export interface SessionCallbacks {
  opened(id: number): void;
  message(session: StreamSession, bytes: Buffer, isBinary: boolean): void;
  gone(id: number, event: SocketGone): void;
}

/** One connection from its opening to its end: socket, control channel and watch under one id. */
export class StreamSession {
  readonly id: number;
  readonly watch = new ConnectionWatch();
  isOpen = false;
  /** Its server announced that it will close the connection. */
  isLeaving = false;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #control: ControlChannel;
  #heardAtMs: number;
  /** The ping that no sign of life has answered yet. */
  #pingedAtMs: number | undefined;
  #probedAtMs = -Infinity;

  constructor(id: number, url: string, clock: Clock, callbacks: SessionCallbacks) {
    this.id = id;
    this.#clock = clock;
    this.#heardAtMs = clock.nowMs();
    this.#socket = openSocket(url, {
      opened: () => {
        this.isOpen = true;
        callbacks.opened(id);
      },
      message: (bytes, isBinary) => callbacks.message(this, bytes, isBinary),
      pinged: () => this.heard(clock.nowMs()),
      ponged: () => this.heard(clock.nowMs()),
      gone: (event) => {
        this.#control.close();
        callbacks.gone(id, event);
      },
    });
    this.#control = new ControlChannel({
      clock,
      send: (text) => this.#socket.send(text),
      sent: (request) => this.#sent(request),
    });
  }

  subscribe(records: readonly StreamRecord[]): void {
    for (const record of records) this.watch.add(record);
    this.#control.request('SUBSCRIBE', records);
  }

  unsubscribe(records: readonly StreamRecord[]): void {
    for (const record of records) this.watch.remove(record);
    this.#control.request('UNSUBSCRIBE', records);
  }

  resubscribe(records: readonly StreamRecord[]): void {
    this.#control.request('UNSUBSCRIBE', records);
    this.#control.request('SUBSCRIBE', records);
  }

  answered(id: number | undefined): ControlRequest | undefined {
    return this.#control.answered(id);
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#pingedAtMs = undefined;
  }

  /** Whether the peer is gone without a word; asks it when it has been quiet for long. */
  isPeerDead(nowMs: number): boolean {
    if (this.#pingedAtMs !== undefined) return nowMs - this.#pingedAtMs >= PONG_TIMEOUT_MS;
    if (nowMs - this.#heardAtMs >= PEER_QUIET_MS) this.probe(nowMs);
    return false;
  }

  /** Asks the peer for a sign of life, unless it was asked a moment ago. */
  probe(nowMs: number): void {
    if (nowMs - this.#probedAtMs < PONG_TIMEOUT_MS) return;
    this.#probedAtMs = this.#pingedAtMs = nowMs;
    this.#socket.ping();
  }

  close(): void {
    this.#control.close();
    this.#socket.close();
  }

  terminate(): void {
    this.#control.close();
    this.#socket.terminate();
  }

  #sent(request: ControlRequest): void {
    if (request.method === 'UNSUBSCRIBE') return;
    const nowMs = this.#clock.nowMs();
    this.watch.asked(nowMs);
    for (const record of request.records) record.asked(nowMs);
  }
}
