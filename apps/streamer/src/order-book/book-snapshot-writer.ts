import { Buffer } from 'node:buffer';
import type { Clock, ClockTimer } from '@org/binance-client';
import type { OrderbookConfig } from '@org/config';
import { type BookSnapshotRecord, RECORD_TYPE } from '@org/storage';
import type { BookAnswer, BookPlan } from '../control/messages.ts';
import type { RecordChannel } from '../records/record-channel.ts';

export interface BookSnapshotWriterOptions {
  /** Whose books are kept now, and the depth stream that the records belong to. */
  readonly plan: () => BookPlan;
  /** Levels a side, and how often. */
  readonly pace: OrderbookConfig;
  readonly clock: Clock;
  readonly channel: Pick<RecordChannel, 'append'>;
  readonly book: (symbol: string, depth: number) => BookAnswer;
}

/** Writes the top of every live book back to the writer: at an interval, and when told to. */
export class BookSnapshotWriter {
  written = 0;
  readonly #options: BookSnapshotWriterOptions;
  #pace: OrderbookConfig;
  #timer: ClockTimer;

  constructor(options: BookSnapshotWriterOptions) {
    this.#options = options;
    this.#pace = options.pace;
    this.#timer = this.#next();
  }

  /** A book that is not in sync has no top to write: the interval leaves no row rather than a stale one. */
  write(symbol: string): void {
    const { book, channel, clock, plan } = this.#options;
    const answer = book(symbol, this.#pace.snapshotLevels);
    if ('unavailable' in answer) return;
    const meta = {
      type: RECORD_TYPE.bookSnapshot,
      stream: `${symbol}@${plan().stream}`,
      line: 0,
      connectionId: 0,
    };
    const record: BookSnapshotRecord = answer;
    channel.append({ ...meta, receivedAtUs: clock.wallUs() }, Buffer.from(JSON.stringify(record)));
    this.written++;
  }

  /** The interval begins anew when it is another one. */
  keepPace(pace: OrderbookConfig): void {
    const isOther = pace.snapshotIntervalMs !== this.#pace.snapshotIntervalMs;
    this.#pace = pace;
    if (!isOther) return;
    this.stop();
    this.#timer = this.#next();
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }

  #next(): ClockTimer {
    return this.#options.clock.setTimeout(() => this.#all(), this.#pace.snapshotIntervalMs);
  }

  #all(): void {
    this.#timer = this.#next();
    for (const symbol of this.#options.plan().symbols) this.write(symbol);
  }
}
