import type { ArchiveReport, BookReport, LatencyReport, QueueReport } from '../control/messages.ts';
import type { ChildRole } from '../control/task.ts';
import type { DiskStatus } from '../disk/disk-keeper.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { SinkStatus } from './sink-board.ts';

export type RecorderState = 'starting' | 'healthy' | 'degraded' | 'stopping';

export interface ProcessStatus {
  readonly role: 'primary' | ChildRole;
  readonly id: string;
  readonly pid: number | undefined;
  readonly state: string;
  readonly restarts: number;
  readonly rssBytes: number | undefined;
  readonly symbols: readonly string[];
}

/** What the supervisor says of a child. */
export interface ChildState {
  readonly id: string;
  readonly role: string;
  readonly pid: number | undefined;
  readonly state: string;
  readonly restarts: number;
}

export interface StreamStatus {
  readonly stream: string;
  readonly lastEventAgeMs: number | null;
  readonly events: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly alarm: string | null;
}

/** `GET /status`; the names are part of the contract. */
export interface RecorderStatus {
  readonly state: RecorderState;
  readonly startedAt: string;
  readonly processes: readonly ProcessStatus[];
  readonly streams: readonly StreamStatus[];
  readonly queues: readonly QueueReport[];
  readonly sinks: readonly SinkStatus[];
  readonly writeLatencyMs: LatencyReport;
  readonly receiptToDurableMs: LatencyReport;
  readonly books: readonly BookReport[];
  readonly archive: ArchiveReport;
  /** Null before the first look at the disk, and while its file system does not answer. */
  readonly disk: DiskStatus | null;
  readonly cluster: ClusterStatus | null;
}

/** What the configuration asks for. */
export interface Expectation {
  /** The symbols of each child. */
  readonly symbolsOf: ReadonlyMap<string, readonly string[]>;
  /** Stream keys. */
  readonly streams: readonly string[];
  /** Symbols that were added while recording: nobody waits for their first event, until it is overdue. */
  readonly joined?: ReadonlySet<string>;
}
