import type { DurationCounts } from '../control/messages.ts';

/** From a millisecond, the time of a sync on a good disk, to the patience of whoever waits for an acknowledgement. */
export const DURABLE_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000,
];

/** Below 0 there is no delay but a clock that is behind that of the exchange: worth a bucket of its own. */
export const EVENT_DELAY_BOUNDS_MS: readonly number[] = [
  0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];

export const LOOP_LAG_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** Counts durations by fixed upper bounds, milliseconds, ascending: sums of such counts are exact, percentiles' are not. */
export class DurationBuckets {
  readonly #boundsMs: readonly number[];
  readonly #counts: number[];
  #sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs;
    this.#counts = Array.from({ length: boundsMs.length + 1 }, () => 0);
  }

  observe(durationMs: number): void {
    let bucket = 0;
    while (bucket < this.#boundsMs.length && durationMs > this.#boundsMs[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sumMs += durationMs;
  }

  counts(): DurationCounts {
    return { boundsMs: this.#boundsMs, counts: [...this.#counts], sumMs: this.#sumMs };
  }
}

/** Both together; they must have the same bounds. */
export function addDurations(left: DurationCounts | undefined, right: DurationCounts): DurationCounts {
  if (left === undefined) return right;
  return {
    boundsMs: right.boundsMs,
    counts: right.counts.map((count, bucket) => count + (left.counts[bucket] ?? 0)),
    sumMs: left.sumMs + right.sumMs,
  };
}
