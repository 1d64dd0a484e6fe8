import {
  decimal,
  flag,
  integer,
  optional,
  receipt,
  timeMs,
  word,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

/**
 * `trade`. Rows of execution type NA have price and quantity 0: they carry an id, not a price. The archive's
 * `quote_qty` is not on the wire and nothing is computed here.
 */
export const tradeStream: StreamDefinition = {
  kind: 'trade',
  frame: 'trade',
  columns: [
    ['trade_id', integer('t')],
    ['price', decimal('p')],
    ['quantity', decimal('q')],
    ['trade_time', timeMs('T')],
    ['is_buyer_maker', flag('m')],
    ['execution_type', optional(word('X'))],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
};
