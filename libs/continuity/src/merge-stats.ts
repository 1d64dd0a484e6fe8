/** Counters since construction; `heldFrames` and `heldBytes` are what is held now. */
export interface MergeStats {
  /** Events that were stored. */
  readonly events: number;
  /** Events that were stored before already, by whichever source. */
  readonly duplicates: number;
  /** Breaks, counted when they are found. */
  readonly gaps: number;
  /** How often the lead of a stream changed. */
  readonly switches: number;
  /** Depth events that were cut at the seam of two sources. */
  readonly recut: number;
  /** Breaks of which every missing row came. */
  readonly healed: number;
  readonly heldFrames: number;
  readonly heldBytes: number;
  /** How often held events were settled by force because there were too many. */
  readonly heldBytesOverflows: number;
  readonly damagedBatches: number;
  /** Doubts and REST answers that could not be read. */
  readonly damagedRecords: number;
  /** Rows of REST answers that no open break misses. */
  readonly repairRowsDropped: number;
  readonly gapsByStream: ReadonlyMap<string, number>;
}

/** The counters while they count. */
export class MergeCounters {
  events = 0;
  duplicates = 0;
  gaps = 0;
  switches = 0;
  recut = 0;
  healed = 0;
  heldBytesOverflows = 0;
  damagedBatches = 0;
  damagedRecords = 0;
  repairRowsDropped = 0;
  readonly gapsByStream = new Map<string, number>();

  gap(stream: string): void {
    this.gaps++;
    this.gapsByStream.set(stream, (this.gapsByStream.get(stream) ?? 0) + 1);
  }
}
