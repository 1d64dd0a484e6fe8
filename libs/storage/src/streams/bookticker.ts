import {
  decimal,
  integer,
  optional,
  receipt,
  timeMs,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

/** `bookTicker`. The first seven columns are those of the public archive; spot sends no times. */
export const bookTickerStream: StreamDefinition = {
  kind: 'bookticker',
  frame: 'bookTicker',
  columns: [
    ['update_id', integer('u')],
    ['best_bid_price', decimal('b')],
    ['best_bid_qty', decimal('B')],
    ['best_ask_price', decimal('a')],
    ['best_ask_qty', decimal('A')],
    ['transaction_time', optional(timeMs('T'))],
    ['event_time', optional(timeMs('E'))],
    ['local_time', receipt],
  ],
};
