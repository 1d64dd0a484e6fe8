import { decimal, receipt, timeMs, type StreamDefinition } from '../rows/stream-definition.ts';

/** `24hrMiniTicker`: the short form of the 24-hour figures. */
export const miniTickerStream: StreamDefinition = {
  kind: 'miniticker',
  frame: '24hrMiniTicker',
  columns: [
    ['close_price', decimal('c')],
    ['open_price', decimal('o')],
    ['high_price', decimal('h')],
    ['low_price', decimal('l')],
    ['volume', decimal('v')],
    ['quote_volume', decimal('q')],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
};
