import { number, optional, receipt, type StreamDefinition } from '../rows/stream-definition.ts';

/** `24hrTicker`: figures of the last 24 hours. */
export const tickerStream: StreamDefinition = {
  kind: 'ticker',
  frame: '24hrTicker',
  columns: [
    ['price_change', number('p')],
    ['price_change_percent', number('P')],
    ['weighted_average_price', number('w')],
    ['last_price', number('c')],
    ['last_quantity', number('Q')],
    ['open_price', number('o')],
    ['high_price', number('h')],
    ['low_price', number('l')],
    ['volume', number('v')],
    ['quote_volume', number('q')],
    ['open_time', number('O')],
    ['close_time', number('C')],
    ['first_trade_id', optional(number('F'))],
    ['last_trade_id', optional(number('L'))],
    ['count', number('n')],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
};
