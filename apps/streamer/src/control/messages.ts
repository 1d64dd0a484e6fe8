/*
 * The control plane: small messages between the primary and its children over Node's IPC channel. Market data never
 * takes this way (it costs seven times the whole recording path there); it goes from worker to writer by socket.
 */

import type { LogLevel, OrderbookConfig } from '@org/config';
import type { FollowerStats, ForwarderStats, WriterStats } from '@org/transport-nats';

export interface StreamReport {
  /** Canonical stream key. */
  readonly stream: string;
  readonly events: number;
  readonly duplicates: number;
  /** Receipt of the last event, milliseconds since the epoch; undefined before the first. */
  readonly lastEventAtMs: number | undefined;
  /** What is wrong with the stream now, if anything. */
  readonly alarm: string | undefined;
  /** How far the stream has come, in its own ids or times; only where it was taken over from another worker. */
  readonly lastOrder?: number | undefined;
}

export interface QueueReport {
  readonly name: string;
  readonly bytes: number;
  /** Those of `bytes` that are on disk, because the memory of the queue is full. */
  readonly spooledBytes: number;
  readonly oldestAgeMs: number;
  /** Batches that did not fit; each is a gap row for every stream that it held. */
  readonly refusedBatches: number;
  /** What failed on the disk of the spool. */
  readonly spoolFailures: number;
}

/**
 * Durations that a process met since it began, counted by upper bound: `counts[i]` is the number of those that were at most
 * `boundsMs[i]` and more than the bound before; the last count, one more than there are bounds, is of the longer ones.
 */
export interface DurationCounts {
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
  /** Of all together, milliseconds. */
  readonly sumMs: number;
}

/** What a process costs and how it does. */
export interface ProcessFigures {
  /** User and system time since it began. */
  readonly cpuSeconds: number;
  /** How much later than due its event loop came round at worst, one duration a report. */
  readonly loopLag: DurationCounts;
}

export interface WorkerFigures extends ProcessFigures {
  /** From the event time of the exchange to the receipt here, by kind of stream; a sample of the events. */
  readonly eventToReceipt: Readonly<Record<string, DurationCounts>>;
}

export interface WriterFigures extends ProcessFigures {
  /** The durations behind `writeLatencyMs`. */
  readonly journalCommit: DurationCounts;
  /** The durations behind `receiptToDurableMs`. */
  readonly receiptToDurable: DurationCounts;
  /** Breaks by their cause; causes that were not met are absent. */
  readonly gapsByReason: Readonly<Record<string, number>>;
  /** Breaks of which every missing row came. */
  readonly healedGaps: number;
}

export interface WorkerReport {
  readonly role: 'worker';
  readonly figures?: WorkerFigures;
  readonly rssBytes: number;
  /** Those of which there is news since the report before; of a new life all. */
  readonly streams: readonly StreamReport[];
  /** Streams that this worker records no more; their last figures are in `streams`. None when absent. */
  readonly left?: readonly string[];
  readonly queues: readonly QueueReport[];
  /** Messages that no stream could be given; only counted and logged. */
  readonly rejectedMessages: number;
  /** Frames of a stream that could not be read; the writer keeps their bytes and counts them as well. */
  readonly rejectedFrames: number;
  readonly reconnects: number;
}

/** The main queue. */
export interface JournalReport {
  /** Bytes of its files. */
  readonly bytes: number;
  readonly isDiskFull: boolean;
  /** Batches that were here already when they came again. */
  readonly duplicates: number;
}

/** Percentiles since the process began. */
export interface LatencyReport {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Parquet files made of days that are over. */
export interface ParquetReport {
  /** Made since the writer began, with their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Days of symbols that failed, and are tried again later. */
  readonly failed: number;
  /** What went wrong last; null when nothing did. */
  readonly problem: string | null;
}

/** The files of past periods; counters since the writer began. */
export interface ArchiveReport {
  /** Closed files that are not packed yet. */
  readonly waiting: number;
  readonly packed: number;
  /** Those of `waiting` that could not be packed, and are tried again later. */
  readonly failed: number;
  /** Of the packed files: before and after. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The file that is being packed, by its path below the output folder. */
  readonly current: string | null;
  /** Absent where no Parquet files are wanted. */
  readonly parquet?: ParquetReport;
}

/** A sink in another process, as the writer sees it, whether that process lives or not. */
export interface SinkBacklogReport {
  readonly name: string;
  /** What it has still to take from the journal. */
  readonly bytes: number;
  /** What the journal keeps for it: what it has not committed. */
  readonly keptBytes?: number;
  /** How long ago it took something, if there is something to take. */
  readonly oldestAgeMs: number;
  readonly isConnected: boolean;
  /** Whether the journal keeps what it has not committed; false after that was too much, until it comes again. */
  readonly isHeld: boolean;
  /** How often the journal stopped keeping it: each is a gap in that store, and in no other. */
  readonly drops: number;
  /** Why it is not served. */
  readonly refusal: string | undefined;
}

export interface WriterReport {
  readonly role: 'writer';
  readonly figures?: WriterFigures;
  readonly rssBytes: number;
  readonly records: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  /** Breaks by stream key; streams without any are absent. */
  readonly gaps: Readonly<Record<string, number>>;
  readonly journal: JournalReport;
  /** What its own sink has still to take from the journal. */
  readonly queues: readonly QueueReport[];
  /** Sinks in other processes; none when absent. */
  readonly sinks?: readonly SinkBacklogReport[];
  /** From the arrival of a batch at the writer until it is durable. */
  readonly writeLatencyMs: LatencyReport;
  /** From the receipt of the oldest message of a batch until the batch is durable. */
  readonly receiptToDurableMs: LatencyReport;
  readonly archive: ArchiveReport;
  /** Files of depth that began with the book, and that should have. */
  readonly openings: { readonly written: number; readonly missing: number };
}

export interface BookReport {
  readonly symbol: string;
  readonly state: string;
  readonly lastUpdateId: number | undefined;
}

export interface OrderBookReport {
  readonly role: 'order-book';
  readonly figures?: ProcessFigures;
  readonly rssBytes: number;
  readonly books: readonly BookReport[];
  readonly queues: readonly QueueReport[];
  readonly snapshotsWritten: number;
}

/**
 * - `opening`: it asks its store where it stands, and the writer for what comes after.
 * - `following`: it stores what comes.
 * - `waiting`: the store does not answer, and is tried again.
 */
export type SinkState = 'opening' | 'following' | 'waiting' | 'stopping';

export interface SinkReport {
  readonly role: 'sink';
  readonly figures?: ProcessFigures;
  readonly rssBytes: number;
  /** None: the writer tells what waits for it. */
  readonly queues: readonly QueueReport[];
  /** Its name at the writer. */
  readonly name: string;
  readonly state: SinkState;
  /** Since when it is in this state. */
  readonly stateForMs: number;
  /** What was wrong with the store last, while that is not over. */
  readonly problem: string | undefined;
  readonly rows: number;
  readonly rejected: number;
  readonly commits: number;
  /** Errors of the store. */
  readonly errors: number;
}

/** Brings the journal of a collector to writers on other machines. */
export interface ForwarderReport {
  readonly role: 'forwarder';
  readonly figures?: ProcessFigures;
  readonly rssBytes: number;
  /** None: the writer tells what waits for it. */
  readonly queues: readonly QueueReport[];
  /** Why it is not getting on. */
  readonly problem: string | undefined;
  /** How long ago writers committed something, if they have not committed everything that was sent. */
  readonly uncommittedForMs: number;
  /** Undefined before it has begun. */
  readonly forwarded: ForwarderStats | undefined;
}

/** Writes partitions of what collectors forward. */
export interface PartitionWriterReport {
  readonly role: 'partition-writer';
  readonly figures?: ProcessFigures;
  readonly rssBytes: number;
  readonly queues: readonly QueueReport[];
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  /** Breaks by stream key; streams without any are absent. */
  readonly gaps: Readonly<Record<string, number>>;
  readonly problem: string | undefined;
  readonly written: WriterStats;
  readonly archive: ArchiveReport;
}

/** Follows what collectors forward, for the books of this machine. */
export interface PartitionFollowerReport {
  readonly role: 'partition-follower';
  readonly figures?: ProcessFigures;
  readonly rssBytes: number;
  readonly queues: readonly QueueReport[];
  /** As a worker tells them, of depth streams. */
  readonly streams: readonly StreamReport[];
  readonly left: readonly string[];
  readonly problem: string | undefined;
  readonly followed: FollowerStats & {
    /** Of depth streams: each cost a book a new snapshot. */
    readonly breaks: number;
    /** Snapshots that books wanted. */
    readonly wishes: number;
  };
}

export type ChildReport =
  | WorkerReport
  | WriterReport
  | OrderBookReport
  | SinkReport
  | ForwarderReport
  | PartitionWriterReport
  | PartitionFollowerReport;

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

/** Part of a stream that is missing and that REST may still have; ids or open times (ms), both ends included. */
export interface RepairWish {
  readonly stream: string;
  readonly kind: 'aggtrade' | 'kline';
  readonly from: number;
  readonly to: number;
}

export type ChildMessage =
  | { readonly type: 'report'; readonly report: ChildReport }
  | { readonly type: 'repairs-wanted'; readonly repairs: readonly RepairWish[] }
  | { readonly type: 'snapshot-wanted'; readonly symbol: string }
  /** Depth streams that collectors forward: keys that have appeared, and that have ended. */
  | { readonly type: 'depth-streams'; readonly seen: readonly string[]; readonly gone: readonly string[] }
  | { readonly type: 'book-answer'; readonly requestId: number; readonly answer: BookAnswer }
  | { readonly type: 'tops-answer'; readonly requestId: number; readonly answers: readonly BookAnswer[] };

export interface BookPlan {
  readonly symbols: readonly string[];
  /** In the words of the configuration; '' when no depth is recorded. */
  readonly stream: string;
}

/** What a reload changes in children that go on. */
export interface ChildSettings {
  readonly logLevel: LogLevel;
  readonly orderbook: OrderbookConfig;
}

export type PrimaryMessage =
  | { readonly type: 'go' }
  /** To a worker: record these as well, the most important first. */
  | {
      readonly type: 'take-symbols';
      readonly symbols: readonly string[];
      /** Another worker of the line records them and will leave them. */
      readonly joinsRunning: boolean;
    }
  /** To a worker: record these no more. */
  | {
      readonly type: 'leave-symbols';
      readonly symbols: readonly string[];
      /** The exchange ended them, so that their silence is no loss. */
      readonly isExplained: boolean;
      /** Stream keys and how far each must have come before; what is not named need not wait. */
      readonly reached: Readonly<Record<string, number>>;
    }
  /** To a worker: record these streams of every symbol and no others. What ends by it ends for want of room on the disk. */
  | { readonly type: 'record-streams'; readonly streams: readonly string[] }
  /** To whoever writes files: room is short, and files that are closed should be packed at once. */
  | { readonly type: 'pack-early' }
  /** To the writer: room is short, and the journal keeps nothing any more for sinks that are behind. */
  | { readonly type: 'drop-holds' }
  /** Somebody wants to know exactly how things stand. */
  | { readonly type: 'report-now' }
  /** To the writer: everything will stop, and what is still on its way needs room. */
  | { readonly type: 'make-room' }
  /** To a worker, or to who can ask collectors for it. */
  | { readonly type: 'take-snapshot'; readonly symbol: string }
  /** To every child: these hold from now on, whatever its task said. */
  | { readonly type: 'settings'; readonly settings: ChildSettings }
  /** The books to keep from now on, and the stream that they follow. */
  | { readonly type: 'keep-books'; readonly books: BookPlan }
  /** To an order-book manager that keeps the books of whatever comes: of these nothing comes any more. */
  | { readonly type: 'drop-books'; readonly symbols: readonly string[] }
  | { readonly type: 'repair'; readonly repairs: readonly RepairWish[] }
  | {
      readonly type: 'book-query';
      readonly requestId: number;
      readonly symbol: string;
      readonly depth: number;
    }
  /** To the order-book manager: the best level of every book. */
  | { readonly type: 'tops-query'; readonly requestId: number };

/** How often a child reports. */
export const REPORT_INTERVAL_MS = 1000;

/** So many streams fit into a report of every second; more are reported less often. */
const STREAMS_A_SECOND = 500;

/** Well below the time after which a child that says nothing is taken for frozen. */
const INTERVALS_MAX = 3;

/** How often a worker reports that records so many streams. */
export function workerReportIntervalMs(streams: number): number {
  return REPORT_INTERVAL_MS * Math.min(INTERVALS_MAX, Math.max(1, Math.ceil(streams / STREAMS_A_SECOND)));
}
