import {
  decimal,
  optional,
  receipt,
  timeMs,
  word,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

/** `forceOrder`: the largest liquidation of a symbol within a second (developers.binance.com, since 2026-04). */
export const forceOrderStream: StreamDefinition = {
  kind: 'forceorder',
  frame: 'forceOrder',
  columns: [
    ['trade_time', timeMs('o.T')],
    ['side', word('o.S')],
    ['order_type', word('o.o')],
    ['time_in_force', word('o.f')],
    ['quantity', decimal('o.q')],
    ['price', decimal('o.p')],
    ['average_price', optional(decimal('o.ap'))],
    ['order_status', word('o.X')],
    ['last_filled_quantity', optional(decimal('o.l'))],
    ['filled_quantity', optional(decimal('o.z'))],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
};
