const US_PER_MS = 1000;

/**
 * The receipt before which everything is in the files, µs since the epoch: now, or while the sink is behind, whatever it
 * has come to. So a recorder that catches up over midnight does not take the rows of the day before for late.
 */
export function closingTimeUs({
  nowMs,
  backlogBytes,
  latestReceiptUs,
}: {
  readonly nowMs: number;
  readonly backlogBytes: number;
  readonly latestReceiptUs: number;
}): number {
  const nowUs = nowMs * US_PER_MS;
  return backlogBytes === 0 ? nowUs : Math.min(nowUs, latestReceiptUs);
}
