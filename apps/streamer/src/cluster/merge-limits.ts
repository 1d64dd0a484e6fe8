import type { ClusterConfig } from '@org/config';
import type { MergeLimits } from '@org/continuity';

const MIB = 1024 * 1024;

/**
 * A live book that waits is none, and a gap costs it a snapshot and nothing else: one collector is waited for by the other
 * for as long as a forwarder needs that comes back, and no longer.
 */
export const BOOK_MERGE_LIMITS: Partial<MergeLimits> = { switchAfterMs: 500, holdMs: 3000 };

/**
 * What collectors bring comes late whenever one of them, its line or a server is down, and it is in a journal all the
 * same: so where one misses something the others are waited for much longer than lines of one machine are.
 */
export function mergeLimitsOf({ patienceMs }: Pick<ClusterConfig, 'patienceMs'>): Partial<MergeLimits> {
  return {
    switchAfterMs: 500,
    holdMs: patienceMs,
    // Whoever was heard a moment before the break is waited for to the end.
    aliveMs: 2 * patienceMs,
    heldFramesMax: 100_000,
    // A commit with more than a message of it waits; rows of other streams go on.
    heldBytesMax: 16 * MIB,
  };
}
