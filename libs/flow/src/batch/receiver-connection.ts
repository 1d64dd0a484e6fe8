import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import { decodeBatch, decodeHello, encodeAck, encodeWelcome, FRAME_TYPE } from '../wire/messages.ts';
import type { BatchReceiverHandlers } from './batch-receiver.ts';
import { judgeSeq } from './lane.ts';
import type { Lane } from './lane.ts';
import type { Turnstile } from './turnstile.ts';

export interface ReceiverConnectionOptions {
  readonly clock: Clock;
  readonly frameBytesMax: number;
  readonly handlers: BatchReceiverHandlers;
  readonly counters: {
    batches: number;
    bytes: number;
    duplicates: number;
    failedBatches: number;
    refusedConnections: number;
  };
  lane(name: string): Lane;
  turnstile(lane: Lane): Turnstile;
  ended(): void;
}

/** One connection of a sender: hello, welcome, then batches in and acks out. */
export class ReceiverConnection {
  readonly #options: ReceiverConnectionOptions;
  readonly #connection: FrameConnection;
  #lane: Lane | undefined;
  #epoch = 0;
  #opened = false;
  #reading = true;
  #acceptedSeq = 0;
  #ackScheduled = false;

  constructor(socket: Socket, options: ReceiverConnectionOptions) {
    this.#options = options;
    this.#connection = new FrameConnection(socket, options.frameBytesMax, options.clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => undefined,
      closed: (reason, error) => this.#closed(reason, error),
    });
    void this.#connection.ended.then(() => options.ended());
  }

  /** Takes no further batch; the ones in the handler go on. */
  stopReading(): void {
    this.#reading = false;
    this.#connection.stopReading();
  }

  /** Acks what is done and says good-bye. Resolves when the socket is closed. */
  async close(): Promise<void> {
    if (this.#lane?.holder === this.#connection) this.#writeAck();
    this.#connection.close('closing');
    await this.#connection.ended;
  }

  #frame(type: number, body: Buffer): Promise<void> | undefined {
    if (this.#lane === undefined && type === FRAME_TYPE.hello) return this.#hello(body);
    if (this.#lane !== undefined && type === FRAME_TYPE.batch) return this.#batch(this.#lane, body);
    throw new FlowError('FRAME_CORRUPT', `frame of type ${type}, expected hello, then batches`, {
      lane: this.#lane?.name,
    });
  }

  async #hello(body: Buffer): Promise<void> {
    const { lane: name, epoch } = decodeHello(body);
    const lane = this.#options.lane(name);
    this.#lane = lane;
    this.#epoch = epoch;
    const older = lane.holder;
    lane.holder = this.#connection;
    older?.close('superseded');
    // What the older connection left in the handler decides what is known: an answer before would ask for it twice.
    await lane.settled();
    if (!this.#mayDeliver(lane)) return;
    lane.restart();
    this.#acceptedSeq = lane.lastSeq(epoch);
    this.#connection.write(encodeWelcome(this.#acceptedSeq));
    this.#opened = true;
    this.#options.handlers.laneOpened?.(name, epoch);
  }

  async #batch(lane: Lane, body: Buffer): Promise<void> {
    const { seq, payload } = decodeBatch(body);
    if (judgeSeq(seq, this.#acceptedSeq, lane.name) === 'duplicate') {
      this.#options.counters.duplicates++;
      this.#scheduleAck();
      return;
    }
    this.#acceptedSeq = seq;
    const turnstile = this.#options.turnstile(lane);
    await turnstile.enter();
    if (!this.#mayDeliver(lane)) {
      turnstile.leave();
      return;
    }
    const work = this.#work(seq, payload, lane).finally(() => turnstile.leave());
    void lane.track(this.#epoch, seq, work).then((advanced) => {
      if (advanced) this.#advanced(payload.length);
    });
  }

  /** Superseded, closed or closing: nothing more may be started, or it could run beside its own second coming. */
  #mayDeliver(lane: Lane): boolean {
    return this.#reading && lane.holder === this.#connection;
  }

  async #work(seq: number, payload: Buffer, lane: Lane): Promise<boolean> {
    try {
      await this.#options.handlers.batch({ lane: lane.name, epoch: this.#epoch, seq, payload });
      return true;
    } catch (thrown) {
      this.#options.counters.failedBatches++;
      const text = `lane ${lane.name}: batch ${seq} was not taken`;
      const error = new FlowError('BATCH_FAILED', text, { lane: lane.name, cause: thrown });
      this.#reading = false;
      this.#connection.close('batch-failed', error);
      return false;
    }
  }

  #advanced(payloadBytes: number): void {
    this.#options.counters.batches++;
    this.#options.counters.bytes += payloadBytes;
    this.#scheduleAck();
  }

  /** One ack says everything that finished in this turn of the event loop. */
  #scheduleAck(): void {
    if (this.#ackScheduled) return;
    this.#ackScheduled = true;
    setImmediate(() => {
      this.#ackScheduled = false;
      this.#writeAck();
    });
  }

  #writeAck(): void {
    if (this.#lane !== undefined && this.#opened)
      this.#connection.write(encodeAck(this.#lane.lastSeq(this.#epoch)));
  }

  #closed(reason: DisconnectReason, error: FlowError | undefined): void {
    const { handlers, counters } = this.#options;
    this.#reading = false;
    const lane = this.#lane;
    if (error !== undefined) {
      if (error.code !== 'BATCH_FAILED') counters.refusedConnections++;
      handlers.failed?.(error);
    }
    if (lane !== undefined && lane.holder === this.#connection) lane.holder = undefined;
    if (lane !== undefined && this.#opened) handlers.laneClosed?.(lane.name, this.#epoch, reason);
  }
}
