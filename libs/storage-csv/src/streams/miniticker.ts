import { number, receipt, type StreamDefinition } from '../rows/stream-definition.ts';

/** `24hrMiniTicker`: the short form of the 24-hour figures. */
export const miniTickerStream: StreamDefinition = {
  kind: 'miniticker',
  frame: '24hrMiniTicker',
  columns: [
    ['close_price', number('c')],
    ['open_price', number('o')],
    ['high_price', number('h')],
    ['low_price', number('l')],
    ['volume', number('v')],
    ['quote_volume', number('q')],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
};
