import {
  decimal,
  integer,
  optional,
  receipt,
  timeMs,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

/** `24hrTicker`: figures of the last 24 hours. */
export const tickerStream: StreamDefinition = {
  kind: 'ticker',
  frame: '24hrTicker',
  columns: [
    ['price_change', decimal('p')],
    ['price_change_percent', decimal('P')],
    ['weighted_average_price', decimal('w')],
    ['last_price', decimal('c')],
    ['last_quantity', decimal('Q')],
    ['open_price', decimal('o')],
    ['high_price', decimal('h')],
    ['low_price', decimal('l')],
    ['volume', decimal('v')],
    ['quote_volume', decimal('q')],
    ['open_time', timeMs('O')],
    ['close_time', timeMs('C')],
    ['first_trade_id', optional(integer('F'))],
    ['last_trade_id', optional(integer('L'))],
    ['count', integer('n')],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
};
