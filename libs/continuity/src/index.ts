export type { ContinuityErrorCode } from './continuity-error.ts';
export type { DayCounts } from './day-ledger.ts';
export type { LeadSwitch, MergeHandlers, SwitchReason } from './merge-handlers.ts';
export type { MayCome } from './may-come.ts';
export type { MergeLimits } from './merge-limits.ts';
export type { MergeStats } from './merge-stats.ts';
export type { RepairOrder } from './open-break.ts';
export type { MergeEntry, StreamMergeOptions } from './stream-merge.ts';

export { ContinuityError } from './continuity-error.ts';
export { MERGE_LIMITS } from './merge-limits.ts';
export { StreamMerge } from './stream-merge.ts';
