import { flag, number, optional, receipt, word, type StreamDefinition } from '../rows/stream-definition.ts';

/**
 * `trade`. Rows of execution type NA have price and quantity 0: they carry an id, not a price. The archive's
 * `quote_qty` is not on the wire and nothing is computed here.
 */
export const tradeStream: StreamDefinition = {
  kind: 'trade',
  frame: 'trade',
  columns: [
    ['trade_id', number('t')],
    ['price', number('p')],
    ['quantity', number('q')],
    ['trade_time', number('T')],
    ['is_buyer_maker', flag('m')],
    ['execution_type', optional(word('X'))],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
};
