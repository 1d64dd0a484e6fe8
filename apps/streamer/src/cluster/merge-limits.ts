import type { MergeLimits } from '@org/continuity';

const MIB = 1024 * 1024;

/**
 * One collector may have to be waited for while another brings everything twice as fast as it was received. What is held
 * meanwhile is part of each commit; one with more than a message of it waits, and rows of other streams go on.
 */
export const CLUSTER_MERGE_LIMITS: Partial<MergeLimits> = {
  switchAfterMs: 500,
  heldFramesMax: 200_000,
  heldBytesMax: 32 * MIB,
};
