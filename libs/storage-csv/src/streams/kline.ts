import {
  flag,
  number,
  receipt,
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
    ['open_time', number('k.t')],
    ['open', number('k.o')],
    ['high', number('k.h')],
    ['low', number('k.l')],
    ['close', number('k.c')],
    ['volume', number('k.v')],
    ['close_time', number('k.T')],
    ['quote_volume', number('k.q')],
    ['count', number('k.n')],
    ['taker_buy_volume', number('k.V')],
    ['taker_buy_quote_volume', number('k.Q')],
    ['ignore', number('k.B')],
    ['interval', word('k.i')],
    ['is_closed', flag('k.x')],
    ['first_trade_id', number('k.f')],
    ['last_trade_id', number('k.L')],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
  restRow: (row, { stream, receivedAtUs }) => {
    const bar = Array.from({ length: ARCHIVE_COLUMNS }, (_, index) => (row as RestValue[])[index]);
    const interval = stream.slice('kline_'.length);
    const isClosed = Number(bar[CLOSE_TIME]) * US_PER_MS < receivedAtUs;
    return [...bar, interval, isClosed, '', '', '', Math.floor(receivedAtUs)];
  },
};
