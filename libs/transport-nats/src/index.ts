export type { BusLayout, BusLimits, BusOptions } from './bus/bus-options.ts';
export type { ServerAssurances } from './bus/bus.ts';
export type { ServerSight } from './bus/look-at-server.ts';
export type { ServerDoubt, ServerFacts, ServerReport } from './bus/server-report.ts';
export type { Clock, ClockTimer } from './clock.ts';
export type { Wish } from './control/wish.ts';
export type { TransportNatsErrorCode } from './errors.ts';
export type {
  FollowCounters,
  FollowedPartition,
  FollowerStats,
  FollowHandlers,
  PartitionedFollowerOptions,
} from './follow/follow-options.ts';
export type {
  ForwardEntry,
  ForwarderOptions,
  ForwarderStats,
  ForwardHandlers,
  ForwardLimits,
  ForwardSource,
} from './forward/forward-options.ts';
export type { JetStreamSinkOptions } from './merged/jetstream-sink.ts';
export type { MergedBatch } from './merged/merged-batches.ts';
export type { MergedStreamOptions } from './merged/merged-stream.ts';
export type { LinkOptions } from './bus/link.ts';
export type { LeasePlan, LeaseView } from './lease/lease-plan.ts';
export type { TakenPosition, TakenPositions } from './partition/taken.ts';
export type { SplitBatch } from './partition/split-batch.ts';
export type { ForwardFrame, Piece } from './wire/forward-frame.ts';
export type { FrameName } from './wire/fragments.ts';
export type { Cursor } from './write/cursor.ts';
export type { Intake } from './partition/node-intake.ts';
export type { PartitionStore } from './write/partition-store.ts';
export type { SettleDecision } from './write/settle.ts';
export type {
  PartitionedWriterOptions,
  PartitionStatus,
  WriteCounters,
  WriteHandlers,
  WriteLimits,
  WriterStats,
} from './write/write-options.ts';

export { busLimits } from './bus/bus-options.ts';
export { Bus } from './bus/bus.ts';
export { connectionTo } from './bus/connect-to.ts';
export { lookAtServer } from './bus/look-at-server.ts';
export { judgeServer, judgeVersion } from './bus/server-report.ts';
export { systemClock } from './clock.ts';
export { WishListener } from './control/wish-listener.ts';
export { decodeWish, encodeWish } from './control/wish.ts';
export { TransportNatsError } from './errors.ts';
export { PartitionedFollower } from './follow/partitioned-follower.ts';
export { FORWARD_LIMITS } from './forward/forward-options.ts';
export { Forwarder } from './forward/forwarder.ts';
export { PartitionQueue } from './forward/partition-queue.ts';
export { fairShare, planLeases, SurplusWait } from './lease/lease-plan.ts';
export { Lease } from './lease/lease.ts';
export { JetStreamSink } from './merged/jetstream-sink.ts';
export { MergedBatches } from './merged/merged-batches.ts';
export { partitionOf, StreamPartitions } from './partition/partition-of.ts';
export { splitBatch } from './partition/split-batch.ts';
export { decodeFrame, encodeFrame } from './wire/forward-frame.ts';
export { FrameAssembler, toMessages } from './wire/fragments.ts';
export { CheckpointCopy } from './write/checkpoint-copy.ts';
export { CursorBook } from './write/cursor-book.ts';
export { decodeCursor, encodeCursor, FIRST_CURSOR } from './write/cursor.ts';
export { MergeTime } from './partition/merge-time.ts';
export { PartitionMerge } from './partition/partition-merge.ts';
export { NodeIntake } from './partition/node-intake.ts';
export { PartitionedWriter } from './write/partitioned-writer.ts';
export { decideSettling, settleStore } from './write/settle.ts';
export { PARTITION_MERGE_LIMITS, WRITE_LIMITS } from './write/write-options.ts';
