/** How long to wait between attempts. */
export interface BackoffPolicy {
  /** Upper bound of the first wait, milliseconds. */
  readonly initialDelayMs: number;
  /** Upper bound of every wait, milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * The wait before attempt `attempt` (from 1): a random share of a bound that doubles with every attempt ("full jitter"),
 * so that many clients that lost the same server do not come back together. `chance` is in [0, 1).
 */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, chance: number): number {
  const boundMs = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** Math.min(attempt - 1, 52));
  return Math.round(boundMs * chance);
}
