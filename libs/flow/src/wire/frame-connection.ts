import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock.ts';
import { FlowError } from '../errors.ts';
import type { FlowErrorCode } from '../errors.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { decodeClose, encodeClose, FRAME_TYPE } from './messages.ts';
import type { CloseReason } from './messages.ts';

/** Why a connection ended: what either side said, or `peer-gone` when it ended without a word. */
export type DisconnectReason = CloseReason | 'peer-gone';

export interface FrameConnectionHandlers {
  /** One frame. While a returned promise is pending, no further frame is read and the peer feels back-pressure. */
  frame(type: number, body: Buffer): Promise<void> | undefined;
  /** The congestion is over. */
  writable(): void;
  /** Exactly once, the first time that either side ends it. `error` tells what this side objected to. */
  closed(reason: DisconnectReason, error: FlowError | undefined): void;
}

/** Bytes that may wait in the socket; enough for few system calls, little enough to say something else soon. */
const WRITE_AHEAD_BYTES = 256 * 1024;

/** How long a peer gets to read why it was closed. */
const LINGER_MS = 1000;

/** Frames over one socket. It belongs to one connection attempt, so a late event cannot reach a later one. */
export class FrameConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #handlers: FrameConnectionHandlers;
  /** Resolves when the socket is closed for good. */
  readonly ended: Promise<void>;
  #reading = true;
  #closed = false;
  #corked = false;
  #linger: ClockTimer | undefined;

  constructor(socket: Socket, frameBytesMax: number, clock: Clock, handlers: FrameConnectionHandlers) {
    this.#socket = socket;
    this.#clock = clock;
    this.#decoder = new FrameDecoder(frameBytesMax);
    this.#handlers = handlers;
    this.ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('drain', () => {
      if (!this.#closed) handlers.writable();
    });
    // What broke is told by 'close', which always follows; without a listener an error would end the process.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clock.clearTimeout(this.#linger);
      this.#closeOnce('peer-gone');
    });
  }

  /** True while enough is waiting in the socket; `writable` is called when that has gone. */
  get congested(): boolean {
    return this.#socket.writableLength >= WRITE_AHEAD_BYTES;
  }

  /** Bytes that the kernel has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Frames of one turn of the event loop leave in one system call. The bytes must not change afterwards. */
  write(head: Buffer, payload?: Buffer): void {
    if (this.#closed || this.#socket.destroyed) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(head);
    if (payload !== undefined && payload.length > 0) this.#socket.write(payload);
  }

  /** Delivers no further frame; what was delivered goes on. */
  stopReading(): void {
    this.#reading = false;
  }

  /**
   * Says why, and reads on (and forgets) so that the peer's own writes do not fail before it has read that.
   * A peer that does not leave in time is cut off.
   */
  close(reason: CloseReason, error?: FlowError, lingerMs = LINGER_MS): void {
    if (this.#closed) return;
    this.write(encodeClose(reason));
    this.stopReading();
    this.#socket.end();
    this.#socket.resume();
    this.#linger = this.#clock.setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#closeOnce(reason, error);
  }

  #closeOnce(reason: DisconnectReason, error?: FlowError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stopReading();
    this.#handlers.closed(reason, error);
  }

  #received(chunk: Buffer): void {
    if (!this.#reading) return;
    this.#decoder.push(chunk);
    const pending = this.#deliver();
    if (pending === undefined) return;
    this.#socket.pause();
    this.#resumeAfter(pending);
  }

  /** Hands over frames until there are no more (undefined) or one must be waited for. */
  #deliver(): Promise<void> | undefined {
    try {
      while (this.#reading) {
        const frame = this.#decoder.next();
        if (frame === undefined) return undefined;
        const pending = this.#frame(frame);
        if (pending !== undefined) return pending;
      }
    } catch (thrown) {
      this.#object(thrown);
    }
    return undefined;
  }

  #frame(frame: Buffer): Promise<void> | undefined {
    const body = frame.subarray(1);
    if (frame[0] !== FRAME_TYPE.close) return this.#handlers.frame(frame[0]!, body);
    this.#socket.end();
    this.#closeOnce(decodeClose(body));
    return undefined;
  }

  #resumeAfter(pending: Promise<void>): void {
    void pending
      .catch((thrown: unknown) => this.#object(thrown))
      .then(() => {
        const next = this.#deliver();
        if (next === undefined) this.#socket.resume();
        else this.#resumeAfter(next);
      });
  }

  /** Only what the peer did is its fault: an error of our own caller goes on and is not hidden here. */
  #object(thrown: unknown): void {
    if (!(thrown instanceof FlowError)) throw thrown;
    const reasons: Partial<Record<FlowErrorCode, CloseReason>> = {
      VERSION_MISMATCH: 'version',
      LANES_EXHAUSTED: 'refused',
    };
    this.close(reasons[thrown.code] ?? 'protocol', thrown);
  }
}
