import { number, optional, receipt, word, type StreamDefinition } from '../rows/stream-definition.ts';

/** `forceOrder`: the largest liquidation of a symbol within a second (developers.binance.com, since 2026-04). */
export const forceOrderStream: StreamDefinition = {
  kind: 'forceorder',
  frame: 'forceOrder',
  columns: [
    ['trade_time', number('o.T')],
    ['side', word('o.S')],
    ['order_type', word('o.o')],
    ['time_in_force', word('o.f')],
    ['quantity', number('o.q')],
    ['price', number('o.p')],
    ['average_price', optional(number('o.ap'))],
    ['order_status', word('o.X')],
    ['last_filled_quantity', optional(number('o.l'))],
    ['filled_quantity', optional(number('o.z'))],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
};
