import type { MergeLimits } from '@org/continuity';

const MIB = 1024 * 1024;

/**
 * A live book that waits is none, and a gap costs it a snapshot and nothing else: one collector is waited for by the other
 * for as long as a forwarder needs that comes back, and no longer.
 */
export const BOOK_MERGE_LIMITS: Partial<MergeLimits> = { switchAfterMs: 500, holdMs: 3000 };

/**
 * One collector may have to be waited for while another brings everything twice as fast as it was received. What is held
 * meanwhile is part of each commit; one with more than a message of it waits, and rows of other streams go on.
 */
export const CLUSTER_MERGE_LIMITS: Partial<MergeLimits> = {
  switchAfterMs: 500,
  heldFramesMax: 200_000,
  heldBytesMax: 32 * MIB,
};
