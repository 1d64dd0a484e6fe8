import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { Dialer } from '../wire/dialer.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { FRAME_BYTES_MAX } from '../wire/messages.ts';
import type { TailEntry, TailSource } from './tail-entry.ts';
import {
  checkTailName,
  decodeEntry,
  decodePosition,
  decodeStart,
  encodeCommitted,
  encodeFollow,
  encodeMark,
  encodeTaken,
  ENTRY_OVERHEAD_BYTES_MAX,
  TAIL_FRAME,
} from './tail-messages.ts';

export interface TailReaderOptions {
  readonly socketPath: string;
  /** Tells this reader from others, 1 to 256 bytes. */
  readonly name: string;
  /** Entries behind this position are read; undefined for those that come from now on. */
  readonly from: number | undefined;
  /** First delay before connecting again; default 50 ms, doubling to twenty times that, half of it by chance. */
  readonly reconnectDelayMs?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly handlers?: {
    connected?(): void;
    disconnected?(reason: DisconnectReason): void;
  };
}

interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: FlowError) => void;
}

/** After these the publisher would say the same again. */
const FINAL: Partial<Record<DisconnectReason, FlowError['code']>> = {
  superseded: 'READER_REFUSED',
  refused: 'READER_REFUSED',
  version: 'VERSION_MISMATCH',
  'position-unknown': 'POSITION_UNKNOWN',
};

/**
 * Reads the log of a {@link TailPublisher} in order, each entry once, and goes on where it was whenever the publisher is
 * gone and comes again. Holds no more than the publisher's window.
 */
export class TailReader implements TailSource {
  readonly #options: TailReaderOptions;
  readonly #clock: Clock;
  readonly #dialer: Dialer;
  #connection: FrameConnection | undefined;
  #isStarted = false;
  /** Received on this connection and not handed out. */
  #entries: { readonly entry: TailEntry; readonly bytes: number }[] = [];
  /** Handed out on this connection, and not reported as taken. */
  #handedBytes = 0;
  /** Behind the last entry that was handed out, and behind the last that was received. */
  #position: number | undefined;
  #receivedPosition = 0;
  #committed: number | undefined;
  #failure: FlowError | undefined;
  #closing: Promise<void> | undefined;
  #opening: Settling<number>[] = [];
  #reading: Settling<void> | undefined;
  #marks: Settling<number>[] = [];

  /** Throws a RangeError for a name that cannot be said. */
  constructor(options: TailReaderOptions) {
    checkTailName(options.name);
    this.#options = options;
    this.#position = options.from;
    this.#clock = options.clock ?? systemClock;
    this.#dialer = new Dialer({
      name: 'tail reader',
      socketPath: options.socketPath,
      reconnectDelayMs: options.reconnectDelayMs,
      clock: this.#clock,
      random: options.random,
      opened: (socket) => this.#opened(socket),
    });
  }

  get isConnected(): boolean {
    return this.#isStarted;
  }

  /**
   * Connects, as often as it takes. Resolves with the position behind which entries come: the one that was asked for, or a
   * later one when what lies between is gone; then the first entry has `afterDamage`. Rejects with READER_REFUSED,
   * POSITION_UNKNOWN, VERSION_MISMATCH, and with QUEUE_CLOSED when it is closed before.
   */
  open(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#opening.push({ resolve, reject });
      this.#dialer.start();
    });
  }

  /** Rejects as `open` does; one call at a time. What was handed out by the call before counts as taken. */
  async next(bytesMax: number): Promise<readonly TailEntry[]> {
    if (this.#reading !== undefined) throw new Error('next was called before the last call ended');
    this.#reportTaken();
    while (this.#entries.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#closing !== undefined) return [];
      await new Promise<void>((resolve, reject) => (this.#reading = { resolve, reject })).finally(
        () => (this.#reading = undefined),
      );
    }
    return this.#closing === undefined ? this.#handOut(bytesMax) : [];
  }

  /** Tells the publisher, now and on every later connection, that nobody comes back before this position. */
  committed(position: number): void {
    this.#committed = position;
    if (this.#isStarted) this.#connection?.write(encodeCommitted(position));
  }

  /** A position behind everything that the log has at this moment. Rejects with TAIL_LOST when the publisher is not there. */
  mark(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.#isStarted)
        return reject(new FlowError('TAIL_LOST', 'the publisher is not connected', this.#options));
      this.#marks.push({ resolve, reject });
      this.#connection?.write(encodeMark());
    });
  }

  /** Ends `next` with nothing. Resolves when the socket is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#dialer.stop();
    const connection = this.#connection;
    connection?.close('closing');
    const closed = new FlowError('QUEUE_CLOSED', 'tail reader was closed', this.#options);
    for (const { reject } of this.#opening.splice(0)) reject(closed);
    this.#reading?.resolve();
    await connection?.ended;
  }

  #opened(socket: Socket): void {
    const connection = new FrameConnection(socket, FRAME_BYTES_MAX + ENTRY_OVERHEAD_BYTES_MAX, this.#clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => undefined,
      closed: (reason) => this.#disconnected(reason),
    });
    this.#connection = connection;
    connection.write(encodeFollow({ name: this.#options.name, from: this.#position }));
  }

  #frame(type: number, body: Buffer): undefined {
    if (type === TAIL_FRAME.start && !this.#isStarted) return this.#start(decodeStart(body));
    if (type === TAIL_FRAME.entry && this.#isStarted) return this.#entry(decodeEntry(body), body.length);
    if (type === TAIL_FRAME.marked && this.#isStarted) {
      this.#marks.shift()?.resolve(decodePosition(body));
      return undefined;
    }
    throw new FlowError(
      'FRAME_CORRUPT',
      `frame of type ${type}, expected start, then entries`,
      this.#options,
    );
  }

  #start(from: number): undefined {
    this.#isStarted = true;
    // When what was asked for is gone it is asked for again until something was handed out: the damage must be told.
    this.#position ??= from;
    this.#receivedPosition = from;
    if (this.#committed !== undefined) this.#connection?.write(encodeCommitted(this.#committed));
    this.#options.handlers?.connected?.();
    for (const { resolve } of this.#opening.splice(0)) resolve(from);
    return undefined;
  }

  #entry(entry: TailEntry, bytes: number): undefined {
    const { position } = entry;
    if (position <= this.#receivedPosition) {
      const expected = `expected one behind ${this.#receivedPosition}`;
      throw new FlowError('FRAME_CORRUPT', `entry at position ${position}, ${expected}`, this.#options);
    }
    this.#receivedPosition = position;
    this.#dialer.progressed();
    this.#entries.push({ entry, bytes });
    this.#reading?.resolve();
    return undefined;
  }

  #handOut(bytesMax: number): TailEntry[] {
    let payloadBytes = 0;
    let count = 0;
    for (const { entry, bytes } of this.#entries) {
      payloadBytes += entry.payload.length;
      if (count > 0 && payloadBytes > bytesMax) break;
      this.#handedBytes += bytes;
      count++;
    }
    const entries = this.#entries.splice(0, count).map(({ entry }) => entry);
    this.#position = entries.at(-1)!.position;
    return entries;
  }

  #reportTaken(): void {
    if (this.#handedBytes === 0) return;
    this.#connection?.write(encodeTaken(this.#handedBytes, this.#position!));
    this.#handedBytes = 0;
  }

  /** What is not handed out yet is asked for again: the next connection counts its own bytes. */
  #disconnected(reason: DisconnectReason): void {
    const wasStarted = this.#isStarted;
    this.#connection = undefined;
    this.#isStarted = false;
    this.#entries = [];
    this.#handedBytes = 0;
    const lost = new FlowError('TAIL_LOST', `the publisher is gone: ${reason}`, this.#options);
    for (const { reject } of this.#marks.splice(0)) reject(lost);
    const code = FINAL[reason];
    if (this.#closing === undefined && code === undefined) this.#dialer.redial();
    if (code !== undefined) this.#fail(new FlowError(code, `the publisher said ${reason}`, this.#options));
    if (wasStarted || reason !== 'peer-gone') this.#options.handlers?.disconnected?.(reason);
  }

  #fail(failure: FlowError): void {
    this.#failure = failure;
    for (const { reject } of this.#opening.splice(0)) reject(failure);
    this.#reading?.reject(failure);
  }
}
