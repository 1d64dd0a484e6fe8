import {
  constant,
  decimal,
  flag,
  integer,
  optional,
  receipt,
  timeMs,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

/**
 * `aggTrade`. The first seven columns are those of the public archive (data.binance.vision, seen 2026-11).
 * REST rows (`GET /fapi/v1/aggTrades`) have the same keys but no event time.
 */
export const aggTradeStream: StreamDefinition = {
  kind: 'aggtrade',
  frame: 'aggTrade',
  columns: [
    ['agg_trade_id', integer('a')],
    ['price', decimal('p')],
    ['quantity', decimal('q')],
    ['first_trade_id', integer('f')],
    ['last_trade_id', integer('l')],
    ['transact_time', timeMs('T')],
    ['is_buyer_maker', flag('m')],
    ['normal_quantity', optional(decimal('nq'))],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
    ['source', constant('ws')],
  ],
  restRow: (row, { receivedAtUs }) => {
    const { a, p, q, f, l, T, m, nq } = row as Readonly<
      Record<string, string | number | boolean | undefined>
    >;
    return [a, p, q, f, l, T, m, nq ?? '', '', Math.floor(receivedAtUs), 'rest'];
  },
};
