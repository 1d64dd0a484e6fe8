/** What the page reads of `GET /status`. A recorder may say more, and one of another version less. */
export interface RecorderStatus {
  readonly state: string;
  readonly version: string;
  readonly startedAt: string;
  readonly observedAt: string;
  readonly stateSince: string;
  readonly obstacles: readonly string[];
  readonly processes: readonly ProcessStatus[];
  readonly streams: readonly StreamStatus[];
  readonly queues: readonly { readonly name: string; readonly bytes: number; readonly oldestAgeMs: number }[];
  readonly receiptToDurableMs: { readonly p99: number };
  readonly receiptToDurable: DurationCounts | null;
  readonly books: readonly { readonly symbol: string; readonly state: string }[];
  /** Null, or absent, where one machine does everything. */
  readonly cluster?: { readonly writer: WriterStatus | null } | null;
}

/** What a machine wrote that shares the symbols with others. */
export interface WriterStatus {
  readonly rows: number;
  readonly gaps: number;
  readonly commits: number;
  readonly partitions: readonly { readonly lagMs: number | null; readonly isWaiting: boolean }[];
}

export interface ProcessStatus {
  readonly role: string;
  readonly id: string;
  readonly pid?: number | undefined;
  readonly state: string;
  readonly restarts: number;
  readonly rssBytes?: number | undefined;
  readonly symbols: readonly string[];
}

export interface StreamStatus {
  readonly stream: string;
  readonly lastEventAgeMs: number | null;
  readonly events: number;
  readonly gaps: number;
  readonly alarm: string | null;
}

export interface DurationCounts {
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
}

/** One line of `GET /books`. */
export interface BookTop {
  readonly symbol: string;
  readonly error?: string;
  readonly bid?: readonly [price: string, quantity: string] | null;
  readonly ask?: readonly [price: string, quantity: string] | null;
}

/** What was known at one moment. */
export interface Observation {
  readonly status: RecorderStatus;
  readonly tops: ReadonlyMap<string, BookTop>;
}

/** Seconds between two observations, by the clock of the recorder; 0 when there is nothing to compare. */
export function secondsBetween(before: RecorderStatus | undefined, after: RecorderStatus): number {
  if (before === undefined || before.startedAt !== after.startedAt) return 0;
  return Math.max(0, (Date.parse(after.observedAt) - Date.parse(before.observedAt)) / 1000);
}

/**
 * The duration that all but a hundredth of those between the two stayed below, as exact as the bounds are; undefined when
 * there were none. Those above every bound count as the greatest bound.
 */
export function p99Between(before: DurationCounts | null, after: DurationCounts | null): number | undefined {
  if (after === null) return undefined;
  const counts = after.counts.map((count, bucket) => Math.max(0, count - (before?.counts[bucket] ?? 0)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= total * 0.99) return after.boundsMs[Math.min(bucket, after.boundsMs.length - 1)];
  }
  return undefined;
}
