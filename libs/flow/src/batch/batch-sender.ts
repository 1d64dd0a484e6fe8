import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { Dialer } from '../wire/dialer.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import {
  BATCH_OVERHEAD_BYTES,
  checkHello,
  decodeAck,
  decodeWelcome,
  encodeBatchHead,
  encodeHello,
} from '../wire/messages.ts';
import { FRAME_BYTES_MAX, FRAME_TYPE } from '../wire/messages.ts';
import { Backlog } from './backlog.ts';
import type { BatchSpoolOptions } from './backlog.ts';

export interface BatchSenderHandlers {
  /** The receiver answered and takes batches. */
  connected?(): void;
  /**
   * `superseded` (another sender took the lane) and `epoch-reused` are final: this sender does not connect again, and
   * what it holds stays with it. After every other reason it does.
   */
  disconnected?(reason: DisconnectReason | 'epoch-reused'): void;
  /** A spell of refusals is over: what was refused in it, all told. The caller saw each as `false`. */
  overflowed?(dropped: { readonly batches: number; readonly bytes: number }): void;
  /** This batch and all before it are with the receiver. */
  acked?(seq: number): void;
  /**
   * These batches were taken, but cannot be read back from the spool and are lost: the caller declares the gap. `bytes`
   * are those of their payloads. The numbers of all later batches are that much lower than their place among the sent.
   */
  spoolDamaged?(batches: number, bytes: number): void;
}

export interface BatchSenderOptions {
  readonly socketPath: string;
  /** Names the stream of batches, 1 to 256 bytes. One sender at a time: a newer connection ends the older one's. */
  readonly lane: string;
  /** Names this sender's life; another life of the same lane must use another one (its start time, a counter). */
  readonly epoch: number;
  /** Most bytes that may wait for their ack, frames counted with their {@link BATCH_OVERHEAD_BYTES}. Hard. */
  readonly queueBytesMax: number;
  /** Most bytes in flight to the receiver; default 8 MiB. One batch may always be. */
  readonly sentBytesMax?: number;
  /** Takes what the queue has no room for; by default that is refused. */
  readonly spool?: BatchSpoolOptions;
  /** First delay before connecting again; default 50 ms, doubling to twenty times that, half of it by chance. */
  readonly reconnectDelayMs?: number;
  /** Largest frame that the receiver takes; larger batches are refused. Default 64 MiB and the overhead. */
  readonly frameBytesMax?: number;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly handlers?: BatchSenderHandlers;
}

export interface BatchSenderStats {
  /** In memory and in the spool, frames counted with their {@link BATCH_OVERHEAD_BYTES}. */
  readonly queuedBytes: number;
  readonly queuedBatches: number;
  /** Age of the oldest batch without ack; 0 when there is none. */
  readonly oldestAgeMs: number;
  readonly ackedSeq: number;
  /** The last batch that was written to this connection. */
  readonly sentSeq: number;
  readonly refusedBatches: number;
  /** Those of `queuedBytes` and `queuedBatches` that are in the spool, on disk or on their way there. */
  readonly spooledBytes: number;
  readonly spooledBatches: number;
  /** What failed on the disk of the spool: folders, writes, reads, removals and batches that came back damaged. */
  readonly spoolFailures: number;
  readonly connected: boolean;
}

/** Waits for the ack of this number. */
interface Waiter {
  seq: number;
  check(): void;
}

const SENT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Keeps batches until a receiver has acked them, over any number of connections and receivers, and sends what is
 * un-acked again, in order. Every batch reaches some receiver at least once, and one receiver exactly once.
 */
export class BatchSender {
  readonly #options: BatchSenderOptions;
  readonly #clock: Clock;
  readonly #backlog: Backlog;
  readonly #dialer: Dialer;
  readonly #frameBytesMax: number;
  readonly #waiters = new Set<Waiter>();
  #connection: FrameConnection | undefined;
  #welcomed = false;
  #closing: Promise<{ unackedBatches: number; unackedBytes: number }> | undefined;
  #refusedBatches = 0;
  #spell = { batches: 0, bytes: 0 };

  /** Throws a RangeError for a lane or an epoch that cannot be sent, or a spool without room. */
  constructor(options: BatchSenderOptions) {
    checkHello(options.lane, options.epoch);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#frameBytesMax = options.frameBytesMax ?? FRAME_BYTES_MAX;
    this.#backlog = new Backlog({
      queueBytesMax: options.queueBytesMax,
      sentBytesMax: options.sentBytesMax ?? SENT_BYTES_MAX,
      spool: options.spool,
      epoch: options.epoch,
      clock: this.#clock,
      returned: () => this.#transmit(),
      damaged: (batches, payloadBytes) => this.#spoolDamaged(batches, payloadBytes),
    });
    this.#dialer = new Dialer({
      name: 'batch sender',
      socketPath: options.socketPath,
      reconnectDelayMs: options.reconnectDelayMs,
      clock: this.#clock,
      random: options.random,
      opened: (socket) => this.#opened(socket),
    });
  }

  /** Starts to connect. Batches are taken before as well. Throws QUEUE_CLOSED after `close`. */
  start(): void {
    if (this.#dialer.start()) this.#backlog.start();
  }

  /**
   * Takes the batch over (its bytes must not change any more), or returns false: no room, too large, or closed. A
   * refused batch is gone; the caller declares the gap.
   */
  send(batch: Buffer): boolean {
    const fits = batch.length + BATCH_OVERHEAD_BYTES <= this.#frameBytesMax;
    if (this.#closing !== undefined || !fits || !this.#backlog.offer(batch, this.#clock.nowMs())) {
      this.#refusedBatches++;
      this.#spell.batches++;
      this.#spell.bytes += batch.length;
      return false;
    }
    this.#endSpell();
    this.#transmit();
    return true;
  }

  /** True when everything taken so far, spooled or not, is acked; false when that did not happen in time, or the sender was closed. */
  drained(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#clock.clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(this.#backlog.queue.ackedSeq >= waiter.seq);
      };
      const check = (): void => {
        if (this.#backlog.queue.ackedSeq >= waiter.seq || this.#closing !== undefined) settle();
      };
      const waiter: Waiter = { seq: this.#backlog.lastSeq, check };
      const timer = this.#clock.setTimeout(settle, timeoutMs);
      this.#waiters.add(waiter);
      check();
    });
  }

  /** Ends the connection and returns what nobody has acked. It does not wait for acks: call `drained` before. */
  close(): Promise<{ unackedBatches: number; unackedBytes: number }> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): BatchSenderStats {
    const backlog = this.#backlog;
    const oldestMs = backlog.oldestQueuedAtMs;
    return {
      queuedBytes: backlog.bytes,
      queuedBatches: backlog.batches,
      oldestAgeMs: oldestMs === undefined ? 0 : this.#clock.nowMs() - oldestMs,
      ackedSeq: backlog.queue.ackedSeq,
      sentSeq: backlog.queue.sentSeq,
      refusedBatches: this.#refusedBatches,
      spooledBytes: backlog.spooledBytes,
      spooledBatches: backlog.spooledBatches,
      spoolFailures: backlog.spoolFailures,
      connected: this.#welcomed,
    };
  }

  async #close(): Promise<{ unackedBatches: number; unackedBytes: number }> {
    this.#dialer.stop();
    this.#endSpell();
    const connection = this.#connection;
    connection?.close('closing');
    await connection?.ended;
    await this.#backlog.close();
    this.#checkWaiters();
    return { unackedBatches: this.#backlog.batches, unackedBytes: this.#backlog.bytes };
  }

  #opened(socket: Socket): void {
    const connection: FrameConnection = new FrameConnection(socket, this.#frameBytesMax, this.#clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => this.#transmit(),
      closed: (reason, error) => this.#disconnected(error?.code === 'EPOCH_REUSED' ? 'epoch-reused' : reason),
    });
    this.#connection = connection;
    connection.write(encodeHello(this.#options.lane, this.#options.epoch));
  }

  #frame(type: number, body: Buffer): undefined {
    if (type === FRAME_TYPE.welcome && !this.#welcomed) this.#welcome(decodeWelcome(body));
    else if (type === FRAME_TYPE.ack && this.#welcomed) this.#acked(decodeAck(body));
    else
      throw new FlowError(
        'FRAME_CORRUPT',
        `frame of type ${type}, expected welcome, then acks`,
        this.#options,
      );
  }

  #welcome(lastSeq: number): void {
    if (lastSeq > this.#backlog.queue.everSentSeq) throw this.#unknownSeq('EPOCH_REUSED', lastSeq);
    this.#backlog.queue.rewind();
    this.#welcomed = true;
    this.#options.handlers?.connected?.();
    this.#acked(lastSeq);
    this.#transmit();
  }

  #acked(seq: number): void {
    if (seq > this.#backlog.queue.everSentSeq) throw this.#unknownSeq('FRAME_CORRUPT', seq);
    if (seq <= this.#backlog.queue.ackedSeq) return;
    this.#backlog.acknowledge(seq);
    this.#dialer.progressed();
    this.#options.handlers?.acked?.(seq);
    this.#checkWaiters();
    this.#transmit();
  }

  /** What was lost lay directly behind the queue, so who waits for something there waits for that many fewer. */
  #spoolDamaged(batches: number, payloadBytes: number): void {
    const { lastSeq } = this.#backlog.queue;
    for (const waiter of this.#waiters) {
      if (waiter.seq > lastSeq) waiter.seq = Math.max(lastSeq, waiter.seq - batches);
    }
    this.#options.handlers?.spoolDamaged?.(batches, payloadBytes);
    this.#checkWaiters();
  }

  #checkWaiters(): void {
    for (const waiter of this.#waiters) waiter.check();
  }

  #unknownSeq(code: 'EPOCH_REUSED' | 'FRAME_CORRUPT', seq: number): FlowError {
    const text = `batch ${seq} is acked, expected at most ${this.#backlog.queue.everSentSeq}, the last that was sent`;
    return new FlowError(code, text, this.#options);
  }

  #transmit(): void {
    const connection = this.#connection;
    if (connection === undefined || !this.#welcomed) return;
    while (!connection.congested) {
      const batch = this.#backlog.queue.next();
      if (batch === undefined) return;
      connection.write(encodeBatchHead(batch.seq, batch.payload.length), batch.payload);
    }
  }

  #disconnected(reason: DisconnectReason | 'epoch-reused'): void {
    const wasWelcomed = this.#welcomed;
    this.#connection = undefined;
    this.#welcomed = false;
    const final = reason === 'superseded' || reason === 'epoch-reused';
    if (this.#closing === undefined && !final) this.#dialer.redial();
    if (wasWelcomed || reason !== 'peer-gone') this.#options.handlers?.disconnected?.(reason);
  }

  #endSpell(): void {
    if (this.#spell.batches === 0) return;
    const dropped = this.#spell;
    this.#spell = { batches: 0, bytes: 0 };
    this.#options.handlers?.overflowed?.(dropped);
  }
}
