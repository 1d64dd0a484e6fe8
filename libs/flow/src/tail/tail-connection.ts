import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { FlowError } from '../errors.ts';
import type { FlowErrorCode } from '../errors.ts';
import { FrameConnection } from '../wire/frame-connection.ts';
import type { DisconnectReason } from '../wire/frame-connection.ts';
import type { CloseReason } from '../wire/messages.ts';
import type { TailEntry, TailStart } from './tail-entry.ts';
import {
  decodeFollow,
  decodePosition,
  decodeTaken,
  encodeEntryHead,
  encodeMarked,
  encodeStart,
  entryBytes,
  TAIL_FRAME,
} from './tail-messages.ts';
import type { TailRequest } from './tail-messages.ts';

export interface TailConnectionOptions {
  readonly clock: Clock;
  /** What may be on its way to the reader. */
  readonly windowBytes: number;
  /** What is read of the log at a time. */
  readonly readBytes: number;
  /** Says what the reader gets; throws a FlowError to refuse it. */
  follow(request: TailRequest): TailStart;
  taken(position: number): void;
  committed(position: number): void;
  mark(): Promise<number>;
  closed(reason: DisconnectReason, error: FlowError | undefined): void;
}

/** Refusals that are for good. */
const REFUSALS: Partial<Record<FlowErrorCode, CloseReason>> = {
  READER_REFUSED: 'refused',
  POSITION_UNKNOWN: 'position-unknown',
};

/** A reader asks and confirms, and sends nothing that is large. */
const FRAME_BYTES_MAX = 1024;

/** One reader at the publisher: what is read of the log for it waits in its socket, within its credit. */
export class TailConnection {
  readonly #options: TailConnectionOptions;
  readonly #connection: FrameConnection;
  #start: TailStart | undefined;
  #name: string | undefined;
  #inFlightBytes = 0;
  #sentPosition = 0;
  #isClosed = false;
  #credited: () => void = () => undefined;

  constructor(socket: Socket, options: TailConnectionOptions) {
    this.#options = options;
    this.#connection = new FrameConnection(socket, FRAME_BYTES_MAX, options.clock, {
      frame: (type, body) => this.#frame(type, body),
      writable: () => undefined,
      closed: (reason, error) => this.#closed(reason, error),
    });
  }

  /** Undefined until it said it. */
  get name(): string | undefined {
    return this.#name;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  close(reason: CloseReason): void {
    this.#connection.close(reason);
  }

  #frame(type: number, body: Buffer): undefined {
    if (this.#start === undefined) {
      if (type !== TAIL_FRAME.follow)
        throw new FlowError('FRAME_CORRUPT', `frame of type ${type}, expected follow`);
      return this.#follow(decodeFollow(body));
    }
    switch (type) {
      case TAIL_FRAME.taken:
        return this.#taken(decodeTaken(body));
      case TAIL_FRAME.committed:
        return this.#committed(decodePosition(body));
      case TAIL_FRAME.mark:
        void this.#mark();
        return undefined;
    }
    throw new FlowError('FRAME_CORRUPT', `frame of type ${type}, expected taken, committed or mark`);
  }

  #follow(request: TailRequest): undefined {
    this.#name = request.name;
    let start: TailStart;
    try {
      start = this.#options.follow(request);
    } catch (thrown) {
      if (!(thrown instanceof FlowError)) throw thrown;
      this.#connection.close(REFUSALS[thrown.code] ?? 'failed', thrown);
      return undefined;
    }
    this.#start = start;
    this.#sentPosition = start.from;
    this.#connection.write(encodeStart(start.from));
    void this.#pump(start);
    return undefined;
  }

  #taken({ bytes, position }: { readonly bytes: number; readonly position: number }): undefined {
    if (bytes > this.#inFlightBytes || position > this.#sentPosition) {
      const sent = `${this.#inFlightBytes} bytes to ${this.#sentPosition}`;
      throw new FlowError(
        'FRAME_CORRUPT',
        `${bytes} bytes to ${position} were taken, expected at most ${sent}`,
      );
    }
    this.#inFlightBytes -= bytes;
    this.#credited();
    this.#options.taken(position);
    return undefined;
  }

  /** What a reader has may be from before: of another connection, or of a log that this one does not go back to. */
  #committed(position: number): undefined {
    this.#options.committed(position);
    return undefined;
  }

  async #mark(): Promise<void> {
    try {
      this.#connection.write(encodeMarked(await this.#options.mark()));
    } catch (cause) {
      this.#connection.close('failed', new FlowError('TAIL_LOST', 'no mark could be set', { cause }));
    }
  }

  async #pump({ source, isDamaged }: TailStart): Promise<void> {
    const { windowBytes, readBytes } = this.#options;
    let isAfterDamage = isDamaged;
    try {
      while (!this.#isClosed) {
        const creditBytes = windowBytes - this.#inFlightBytes;
        if (creditBytes <= 0) await new Promise<void>((resolve) => (this.#credited = resolve));
        else {
          const entries = await source.next(Math.min(readBytes, creditBytes));
          if (entries.length === 0) return this.#connection.close('closing');
          for (const entry of entries) {
            this.#send(isAfterDamage ? { ...entry, afterDamage: true } : entry);
            isAfterDamage = false;
          }
        }
      }
    } catch (cause) {
      this.#connection.close('failed', new FlowError('TAIL_LOST', 'the log cannot be read', { cause }));
    }
  }

  #send(entry: TailEntry): void {
    const head = encodeEntryHead(entry);
    this.#inFlightBytes += entryBytes(head, entry.payload.length);
    this.#sentPosition = entry.position;
    this.#connection.write(head, entry.payload);
  }

  #closed(reason: DisconnectReason, error: FlowError | undefined): void {
    this.#isClosed = true;
    this.#inFlightBytes = 0;
    this.#credited();
    // The end of a source that cannot be read is no further news.
    this.#start?.source.close().catch(() => undefined);
    this.#options.closed(reason, error);
  }
}
