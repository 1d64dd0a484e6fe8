export type { BookSyncOptions } from './book-sync.ts';
export type { OrderBookErrorCode, OrderBookErrorDetails, RejectedLevel } from './errors.ts';
export type { LiveBookCounters, LiveBookHandlers, LiveBookOptions, TopOfBook } from './live-book.ts';
export type { BookLevels, OrderBookOptions } from './order-book.ts';
export type { DepthIds } from './sequence.ts';
export type {
  SequenceGap,
  SnapshotReason,
  SnapshotRequest,
  SyncHandlers,
  SyncJoin,
  SyncState,
} from './sync-events.ts';

export { BookSync } from './book-sync.ts';
export { OrderBookError } from './errors.ts';
export { LiveBook } from './live-book.ts';
export { OrderBook } from './order-book.ts';
export { judgeFirst, judgeNext, previousUpdateId } from './sequence.ts';
