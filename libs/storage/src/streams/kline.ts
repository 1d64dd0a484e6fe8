import {
  decimal,
  flag,
  integer,
  receipt,
  timeMs,
  word,
  type RestValue,
  type StreamDefinition,
} from '../rows/stream-definition.ts';

const ARCHIVE_COLUMNS = 12;
const CLOSE_TIME = 6;
const US_PER_MS = 1000;

/**
 * `kline`. The first twelve columns are those of the public archive, which are also the elements of a REST row
 * (`GET /fapi/v1/klines`) in this order. REST's last row is the open bar: a REST bar counts as closed when its close
 * time lies before the receipt.
 */
export const klineStream: StreamDefinition = {
  kind: 'kline',
  frame: 'kline',
  columns: [
    ['open_time', timeMs('k.t')],
    ['open', decimal('k.o')],
    ['high', decimal('k.h')],
    ['low', decimal('k.l')],
    ['close', decimal('k.c')],
    ['volume', decimal('k.v')],
    ['close_time', timeMs('k.T')],
    ['quote_volume', decimal('k.q')],
    ['count', integer('k.n')],
    ['taker_buy_volume', decimal('k.V')],
    ['taker_buy_quote_volume', decimal('k.Q')],
    ['ignore', decimal('k.B')],
    ['interval', word('k.i')],
    ['is_closed', flag('k.x')],
    ['first_trade_id', integer('k.f')],
    ['last_trade_id', integer('k.L')],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
  restRow: (row, { stream, receivedAtUs }) => {
    const bar = Array.from({ length: ARCHIVE_COLUMNS }, (_, index) => (row as RestValue[])[index]);
    const interval = stream.slice('kline_'.length);
    const isClosed = Number(bar[CLOSE_TIME]) * US_PER_MS < receivedAtUs;
    return [...bar, interval, isClosed, '', '', '', Math.floor(receivedAtUs)];
  },
};
