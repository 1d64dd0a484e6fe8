/*
 * The control plane: small messages between the primary and its children over Node's IPC channel. Market data never
 * takes this way (it costs seven times the whole recording path there); it goes from worker to writer by socket.
 */

export interface StreamReport {
  /** Canonical stream key. */
  readonly stream: string;
  readonly events: number;
  readonly gaps: number;
  readonly duplicates: number;
  /** Receipt of the last event, milliseconds since the epoch; undefined before the first. */
  readonly lastEventAtMs: number | undefined;
  /** What is wrong with the stream now, if anything. */
  readonly alarm: string | undefined;
}

export interface QueueReport {
  readonly name: string;
  readonly bytes: number;
  readonly oldestAgeMs: number;
  /** Batches that did not fit; each is a gap row for every stream that it held. */
  readonly refusedBatches: number;
}

export interface WorkerReport {
  readonly role: 'worker';
  readonly rssBytes: number;
  readonly streams: readonly StreamReport[];
  readonly queues: readonly QueueReport[];
  /** Messages that no stream could be given; only counted and logged. */
  readonly rejectedMessages: number;
  /** Frames of a stream that could not be read; the writer keeps their bytes and counts them as well. */
  readonly rejectedFrames: number;
  readonly reconnects: number;
}

export interface WriterReport {
  readonly role: 'writer';
  readonly rssBytes: number;
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  /** From the arrival of a batch at the writer until its rows are stored. */
  readonly writeLatencyMs: { readonly p50: number; readonly p99: number };
}

export interface BookReport {
  readonly symbol: string;
  readonly state: string;
  readonly lastUpdateId: number | undefined;
}

export interface OrderBookReport {
  readonly role: 'order-book';
  readonly rssBytes: number;
  readonly books: readonly BookReport[];
  readonly queues: readonly QueueReport[];
  readonly snapshotsWritten: number;
}

export type ChildReport = WorkerReport | WriterReport | OrderBookReport;

/** A live book, or the reason why there is none. */
export type BookAnswer =
  | {
      readonly symbol: string;
      readonly lastUpdateId: number;
      readonly eventTimeMs: number | undefined;
      readonly bids: readonly (readonly [string, string])[];
      readonly asks: readonly (readonly [string, string])[];
    }
  | { readonly symbol: string; readonly unavailable: string };

export type ChildMessage =
  | { readonly type: 'report'; readonly report: ChildReport }
  | { readonly type: 'snapshot-wanted'; readonly symbol: string }
  | { readonly type: 'book-answer'; readonly requestId: number; readonly answer: BookAnswer };

export type PrimaryMessage =
  | { readonly type: 'go' }
  | { readonly type: 'take-snapshot'; readonly symbol: string }
  | {
      readonly type: 'book-query';
      readonly requestId: number;
      readonly symbol: string;
      readonly depth: number;
    };

/** How often a child reports. */
export const REPORT_INTERVAL_MS = 1000;
