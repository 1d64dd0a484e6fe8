import { number, optional, receipt, type StreamDefinition } from '../rows/stream-definition.ts';

/** `bookTicker`. The first seven columns are those of the public archive; spot sends no times. */
export const bookTickerStream: StreamDefinition = {
  kind: 'bookticker',
  frame: 'bookTicker',
  columns: [
    ['update_id', number('u')],
    ['best_bid_price', number('b')],
    ['best_bid_qty', number('B')],
    ['best_ask_price', number('a')],
    ['best_ask_qty', number('A')],
    ['transaction_time', optional(number('T'))],
    ['event_time', optional(number('E'))],
    ['local_time', receipt],
  ],
};
