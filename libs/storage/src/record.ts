import type { GapReason } from '@org/market-data';

/**
 * What a record holds. Stored as one byte, so numbers are never reused.
 *
 * Workers pass on what they received, byte for byte; a sink turns it into rows. So nothing between the socket and the
 * store re-prints a number, and every sink decides for itself what to keep.
 */
export const RECORD_TYPE = {
  /** A WebSocket text frame as received: the combined-stream envelope `{"stream":…,"data":…}`. */
  frame: 1,
  /** The body of a REST depth answer, as received. */
  depthSnapshot: 2,
  /** A {@link GapRecord} as JSON. */
  gap: 3,
  /** A {@link BookSnapshotRecord} as JSON: the top of a live book, written at an interval. */
  bookSnapshot: 4,
  /** A JSON array of REST rows that repair a gap of the stream (aggTrades, klines), as received. */
  restRows: 5,
  /** A {@link DoubtRecord} as JSON: from here on the stream of this source has to prove that it joins. */
  doubt: 6,
  /** Nothing but its time: lets whoever waits for a time in the journal know that it has come. */
  tick: 7,
} as const;

export type RecordType = (typeof RECORD_TYPE)[keyof typeof RECORD_TYPE];

/** The top levels of a live book at one moment, in the exchange's own characters. */
export interface BookSnapshotRecord {
  readonly symbol: string;
  readonly eventTimeMs: number | undefined;
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [price: string, quantity: string])[];
  readonly asks: readonly (readonly [price: string, quantity: string])[];
}

/** What a worker knows of its own stream that no id shows. */
export interface DoubtRecord {
  readonly reason: GapReason;
  /** True when nothing more comes of this stream from this source. */
  readonly isEnd: boolean;
}

/** What is known of a record beside its payload. */
export interface RecordMeta {
  readonly type: RecordType;
  /** Canonical stream key, `<SYMBOL>@<stream>`. */
  readonly stream: string;
  /** Receipt, microseconds since the epoch. */
  readonly receivedAtUs: number;
  /** Which of the redundant lines received it; 0 where there is one. */
  readonly line: number;
  /** Number of the connection that received it, unique in its worker's life; 0 for REST. */
  readonly connectionId: number;
  /**
   * Grows from event to event of the stream: an id where the stream has one, else the event time. Undefined for what is
   * no event, or cannot be read.
   */
  readonly order?: number | undefined;
  /** The `order` that the event before must have had; undefined where the stream has no chain of ids. */
  readonly follows?: number | undefined;
}
