export type { Clock, ClockTimer } from './clock.ts';
export type { FlowErrorCode, FlowErrorFields } from './errors.ts';
export type { CloseReason } from './wire/messages.ts';
export type { DisconnectReason } from './wire/frame-connection.ts';
export type { BatchSenderHandlers, BatchSenderOptions, BatchSenderStats } from './batch/batch-sender.ts';
export type { BatchSpoolOptions } from './batch/backlog.ts';
export type { SpoolFile, SpoolFileSystem } from './spool/spool-file-system.ts';
export type {
  BatchReceiverHandlers,
  BatchReceiverOptions,
  BatchReceiverStats,
  ReceivedBatch,
} from './batch/batch-receiver.ts';
export type {
  FeedPublisherHandlers,
  FeedPublisherOptions,
  FeedPublisherStats,
} from './feed/feed-publisher.ts';
export type { LocalDoorHandlers, LocalDoorOptions, LocalDoorStats } from './door/local-door.ts';
export type { LocalVisitorHandlers, LocalVisitorOptions } from './door/local-visitor.ts';
export type { DoorVisitor } from './door/visit.ts';
export type { TailEntry, TailSource, TailStart } from './tail/tail-entry.ts';
export type { TailRequest } from './tail/tail-messages.ts';
export type { TailPublisherHandlers, TailPublisherOptions } from './tail/tail-publisher.ts';
export type { TailReaderOptions } from './tail/tail-reader.ts';
export type { FeedSubscriberHandlers, FeedSubscriberOptions } from './feed/feed-subscriber.ts';

export { systemClock } from './clock.ts';
export { FlowError } from './errors.ts';
export { localSocketPath } from './local-socket.ts';
export { BATCH_OVERHEAD_BYTES } from './wire/messages.ts';
export { BatchSender } from './batch/batch-sender.ts';
export { BatchReceiver } from './batch/batch-receiver.ts';
export { FeedPublisher } from './feed/feed-publisher.ts';
export { FeedSubscriber } from './feed/feed-subscriber.ts';
export { LocalDoor } from './door/local-door.ts';
export { LocalVisitor } from './door/local-visitor.ts';
export { TailPublisher } from './tail/tail-publisher.ts';
export { TailReader } from './tail/tail-reader.ts';
