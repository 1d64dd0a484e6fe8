import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Sink, SinkEvents, SinkOpened, SinkStats } from '@org/storage';
import { encodeMarker, type Marker } from './marker.ts';
import { MergedStream, type MergedStreamOptions } from './merged-stream.ts';
import { BatchCutter } from './understood-batch.ts';

export interface JetStreamSinkOptions extends MergedStreamOptions {
  readonly events?: SinkEvents;
}

/**
 * Publishes merged batches for whoever wants them: record batches on `<name>.batch`, and a marker on `<name>.commit` for
 * every commit, in one stream. Batches count when a marker behind them says so; `MergedBatches` reads them by that rule.
 *
 * Repeats what fails for a while (`patienceMs`); an error that it rejects with ends the sink, and a new one must be opened.
 */
export class JetStreamSink implements Sink {
  readonly name = 'nats';
  readonly #stream: MergedStream;
  readonly #events: SinkEvents;
  readonly #cutter = new BatchCutter();
  readonly #stats = { records: 0, rows: 0, bytes: 0, rejected: 0 };
  #isOpen = false;
  #fromSequence = 0;
  #appended = 0;
  #committed: Pick<Marker, 'position' | 'state'> = { position: 0, state: undefined };
  #failure: Error | undefined;

  constructor({ events = {}, ...options }: JetStreamSinkOptions) {
    this.#stream = new MergedStream(options, randomUUID());
    this.#events = events;
  }

  async open(): Promise<SinkOpened> {
    const { marker, isEmpty, isCut } = await this.#stream.open();
    const isPositionLost = marker === undefined && isCut;
    this.#isOpen = true;
    if (marker !== undefined) this.#committed = { position: marker.position, state: marker.state };
    this.#appended = this.#committed.position;
    // What came behind the last marker does not count, and whoever wrote it can write no more.
    if (!isEmpty && !isPositionLost) await this.#mark(this.#stream.lastSequence + 1, this.#committed);
    this.#fromSequence = this.#stream.lastSequence + 1;
    const problem = 'expected a commit marker, was none; the position of the batches is lost';
    const repairs = isPositionLost ? [{ target: this.#stream.name, problem, bytesCut: 0 }] : [];
    return { ...this.#committed, isPositionLost, repairs };
  }

  async append(batch: Buffer, position: number): Promise<void> {
    this.#check();
    if (!(Number.isSafeInteger(position) && position > this.#appended))
      throw new RangeError(`position ${position}: expected a whole number above ${this.#appended}`);
    await this.#finally(async () => {
      const { parts, rejections } = this.#cutter.cut(batch, await this.#stream.roomBytes());
      for (const part of parts) {
        await this.#stream.publish('batch', part.batch);
        this.#stats.rows += part.records;
        this.#stats.records += part.records;
        this.#stats.bytes += part.batch.length;
      }
      this.#stats.records += rejections.length;
      this.#stats.rejected += rejections.length;
      for (const rejection of rejections) this.#events.rejected?.(rejection);
      this.#appended = position;
    });
  }

  /** A `RangeError` for a state that does not fit into one message, deflated. */
  async commit(state?: string): Promise<number> {
    this.#check();
    const next = { position: this.#appended, state: state ?? this.#committed.state };
    if (next.position === this.#committed.position && next.state === this.#committed.state)
      return next.position;
    await this.#finally(() => this.#mark(this.#fromSequence, next));
    this.#committed = next;
    this.#fromSequence = this.#stream.lastSequence + 1;
    return next.position;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#stream.close();
  }

  stats(): SinkStats {
    return { ...this.#stats };
  }

  async #mark(fromSequence: number, content: Pick<Marker, 'position' | 'state'>): Promise<void> {
    const marker = encodeMarker({ fromSequence, ...content });
    const roomBytes = await this.#stream.roomBytes();
    if (marker.length > roomBytes)
      throw new RangeError(`state: expected at most ${roomBytes} bytes deflated, was ${marker.length}`);
    await this.#stream.publish('commit', marker);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isOpen) throw new Error('a sink is opened before it is used, and not used after it is closed');
  }

  async #finally(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      // Nobody knows how much of it is there; only opening settles that. A state that is too large was not sent.
      if (!(error instanceof RangeError)) this.#failure = error as Error;
      throw error;
    }
  }
}
