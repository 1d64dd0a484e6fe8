/** Time over which the rate is averaged. */
const AVERAGE_MS = 300_000;

/**
 * A larger rise of the free space between two looks is files that were removed, and no statement about who writes how
 * much. A smaller one may be a segment of the journal (64 MiB), which was counted when it was made.
 */
const RISE_MAX_BYTES = 64 * 1024 * 1024;

interface Sample {
  readonly freeBytes: number;
  /** What the recorder has written into its files since it began. */
  readonly writtenBytes: number;
}

/**
 * Bytes a second by which a disk fills. At least what the recorder writes, so that removing and packing files make no
 * disk look as if it would never be full; and what the free space falls by where that is more, so that others count.
 */
export class FillRate {
  #last: (Sample & { readonly atMs: number }) | undefined;
  #written: number | undefined;
  #fallen: number | undefined;

  sample(sample: Sample, nowMs: number): void {
    const last = this.#last;
    const elapsedMs = nowMs - (last?.atMs ?? nowMs);
    if (last !== undefined && elapsedMs <= 0) return;
    this.#last = { ...sample, atMs: nowMs };
    if (last === undefined) return;
    const rateOf = (bytes: number): number => bytes / (elapsedMs / 1000);
    const share = 1 - Math.exp(-elapsedMs / AVERAGE_MS);
    const fallBytes = last.freeBytes - sample.freeBytes;
    this.#written = average(
      this.#written,
      rateOf(Math.max(0, sample.writtenBytes - last.writtenBytes)),
      share,
    );
    this.#fallen = average(this.#fallen, fallBytes < -RISE_MAX_BYTES ? 0 : rateOf(fallBytes), share);
  }

  /** 0 while nothing is known. */
  get bytesPerSecond(): number {
    return Math.max(0, this.#written ?? 0, this.#fallen ?? 0);
  }
}

function average(before: number | undefined, now: number, share: number): number {
  return before === undefined ? now : before + share * (now - before);
}
