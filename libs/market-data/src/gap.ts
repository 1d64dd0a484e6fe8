/** Why continuity broke. Every cause is a row in the gaps file: what is lost is written down. */
export const GAP_REASONS = [
  'sequence', // the exchange's own ids do not join
  'reconnect', // the connection was replaced and nothing proves that no message fell between
  'silence', // the stream delivered nothing for longer than its limit
  'overflow', // a queue was full and dropped what it could not keep
  'restart', // the process that recorded the stream started anew
  'malformed', // a frame could not be understood and may have carried ids
  'disk', // the stream was given up for a time, for want of room on the disk
] as const;

export type GapReason = (typeof GAP_REASONS)[number];

/** One break of continuity in one stream. Ids and times are undefined where they are not known. */
export interface GapRecord {
  /** Canonical stream key, for example `BTCUSDT@depth@0ms`. */
  readonly stream: string;
  readonly reason: GapReason;
  /** Last id before the break, and the id that the first message after it names or follows. */
  readonly lastId: number | undefined;
  readonly nextId: number | undefined;
  /** Receipt times around the break, microseconds since the epoch. */
  readonly lastTimeUs: number | undefined;
  readonly nextTimeUs: number | undefined;
  readonly detectedAtUs: number;
  /** Which of the redundant lines saw it; 0 where there is one line. */
  readonly line: number;
  /** What closed the break: a snapshot id, a REST repair; empty while it is open. */
  readonly healedBy: string;
}
