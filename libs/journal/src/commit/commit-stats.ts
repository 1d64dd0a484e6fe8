export interface GroupSizes {
  /** Batches of the last group, of the largest, and on average. */
  readonly last: number;
  readonly max: number;
  readonly average: number;
}

/** Counters of the commit loop; they only grow, but for those called last. */
export class CommitStats {
  batches = 0;
  payloadBytes = 0;
  duplicates = 0;
  /** Appends that were rejected after they had been taken: disk full, or a final error. */
  rejected = 0;
  syncs = 0;
  lastSyncMs = 0;
  syncMsMax = 0;
  #lastGroup = 0;
  #largestGroup = 0;

  groupSynced(batches: number, payloadBytes: number, syncMs: number): void {
    this.batches += batches;
    this.payloadBytes += payloadBytes;
    this.syncs++;
    this.lastSyncMs = syncMs;
    this.syncMsMax = Math.max(this.syncMsMax, syncMs);
    this.#lastGroup = batches;
    this.#largestGroup = Math.max(this.#largestGroup, batches);
  }

  groupSizes(): GroupSizes {
    const average = this.syncs === 0 ? 0 : this.batches / this.syncs;
    return { last: this.#lastGroup, max: this.#largestGroup, average };
  }
}
