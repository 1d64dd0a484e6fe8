import type { ColumnText, TableText } from '../ddl.ts';

/*
 * The first tables. A migration that was released is never changed: another one follows it.
 */

const column = (name: string, type: string, comment: string): ColumnText => ({ name, type, comment });
const decimal = (name: string, comment: string) => column(name, 'numeric not null', comment);
const optionalDecimal = (name: string, comment: string) => column(name, 'numeric', comment);
const integer = (name: string, comment: string) => column(name, 'bigint not null', comment);
const optionalInteger = (name: string, comment: string) => column(name, 'bigint', comment);
const time = (name: string, comment: string) => column(name, 'timestamptz not null', comment);
const optionalTime = (name: string, comment: string) => column(name, 'timestamptz', comment);
const flag = (name: string, comment: string) => column(name, 'boolean not null', comment);
const word = (name: string, comment: string) => column(name, 'text not null', comment);

const SYMBOL = word('symbol', 'as the exchange lists it');
const LOCAL_TIME = time('local_time', 'when the recorder received it, to the microsecond');
const EVENT_TIME = time('event_time', 'when the exchange sent it, to the millisecond');
const OPTIONAL_EVENT_TIME = optionalTime(
  'event_time',
  'when the exchange sent it; null where it does not say',
);
const SOURCE = word('source', 'ws: received live; rest: fetched later to repair a gap');
const LEVELS = 'as {{price,quantity},…}, from the touch outwards as sent; quantity 0 removes the level';
/** What most questions ask for: the rows of a symbol around a time. */
const BY_SYMBOL_AND_TIME = '(symbol, local_time)';

const aggTrades: TableText = {
  name: 'agg_trades',
  comment: 'Aggregate trades (stream aggTrade); one row an id. Partitioned by UTC day of transact_time.',
  columns: [
    SYMBOL,
    integer('agg_trade_id', 'grows by one from trade to trade of a symbol'),
    decimal('price', "the exchange's own digits"),
    decimal('quantity', 'in the base asset'),
    integer('first_trade_id', 'first trade that was put together'),
    integer('last_trade_id', 'last trade that was put together'),
    time('transact_time', 'when it was traded, to the millisecond'),
    flag('is_buyer_maker', 'true: the seller took'),
    optionalDecimal('normal_quantity', 'quantity without orders of the retail price improvement kind'),
    OPTIONAL_EVENT_TIME,
    LOCAL_TIME,
    SOURCE,
  ],
  primaryKey: 'symbol, agg_trade_id, transact_time',
  dayColumn: 'transact_time',
  indexes: ['using brin (transact_time)'],
};

const trades: TableText = {
  name: 'trades',
  comment: 'Single trades (stream trade); one row an id. Partitioned by UTC day of trade_time.',
  columns: [
    SYMBOL,
    integer('trade_id', 'grows by one from trade to trade of a symbol'),
    decimal('price', "the exchange's own digits; 0 where execution_type is NA"),
    decimal('quantity', 'in the base asset; 0 where execution_type is NA'),
    time('trade_time', 'when it was traded, to the millisecond'),
    flag('is_buyer_maker', 'true: the seller took'),
    column('execution_type', 'text', 'MARKET for ordinary trades'),
    EVENT_TIME,
    LOCAL_TIME,
  ],
  primaryKey: 'symbol, trade_id, trade_time',
  dayColumn: 'trade_time',
  indexes: ['using brin (trade_time)'],
};

const klines: TableText = {
  name: 'klines',
  comment: 'Bars (streams kline_<interval>), a row an update. Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    time('open_time', 'begin of the bar'),
    decimal('open', 'first price'),
    decimal('high', 'highest price'),
    decimal('low', 'lowest price'),
    decimal('close', 'last price so far'),
    decimal('volume', 'traded, in the base asset'),
    time('close_time', 'end of the bar'),
    decimal('quote_volume', 'traded, in the quote asset'),
    integer('count', 'number of trades'),
    decimal('taker_buy_volume', 'bought by takers, in the base asset'),
    decimal('taker_buy_quote_volume', 'bought by takers, in the quote asset'),
    decimal('ignore', 'sent by the exchange, without meaning'),
    word('interval', 'length of the bar: 1m, 1h, …'),
    flag('is_closed', 'whether the bar is over'),
    optionalInteger('first_trade_id', 'null in rows from REST'),
    optionalInteger('last_trade_id', 'null in rows from REST'),
    OPTIONAL_EVENT_TIME,
    LOCAL_TIME,
    SOURCE,
  ],
  dayColumn: 'local_time',
  indexes: ['(symbol, interval, open_time)'],
};

const bookTickers: TableText = {
  name: 'book_tickers',
  comment: 'Best bid and ask (stream bookTicker). Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    integer('update_id', 'last update of the book behind it'),
    decimal('best_bid_price', "the exchange's own digits"),
    decimal('best_bid_qty', 'in the base asset'),
    decimal('best_ask_price', "the exchange's own digits"),
    decimal('best_ask_qty', 'in the base asset'),
    optionalTime('transaction_time', 'when the book changed; null on spot'),
    OPTIONAL_EVENT_TIME,
    LOCAL_TIME,
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const markPrices: TableText = {
  name: 'mark_prices',
  comment: 'Mark prices (stream markPrice). Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    decimal('mark_price', 'price that positions are valued at'),
    optionalDecimal('average_price', 'moving average of the mark price'),
    optionalDecimal('index_price', 'of the index'),
    optionalDecimal('estimated_settle_price', 'in the last hour before a settlement'),
    optionalDecimal('funding_rate', 'null for delivery contracts'),
    optionalTime('next_funding_time', 'null for delivery contracts'),
    EVENT_TIME,
    LOCAL_TIME,
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const forceOrders: TableText = {
  name: 'force_orders',
  comment:
    'Liquidations (stream forceOrder): the largest of a symbol within a second. Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    time('trade_time', 'when it was traded'),
    word('side', 'BUY or SELL'),
    word('order_type', 'for example LIMIT'),
    word('time_in_force', 'for example IOC'),
    decimal('quantity', 'in the base asset'),
    decimal('price', "the order's own"),
    optionalDecimal('average_price', 'at which it was filled'),
    word('order_status', 'for example FILLED'),
    optionalDecimal('last_filled_quantity', 'in the base asset'),
    optionalDecimal('filled_quantity', 'in all, in the base asset'),
    EVENT_TIME,
    LOCAL_TIME,
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const tickers: TableText = {
  name: 'tickers',
  comment: 'Figures of the last 24 hours (stream ticker). Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    decimal('price_change', 'against 24 hours ago'),
    decimal('price_change_percent', 'against 24 hours ago'),
    decimal('weighted_average_price', 'by quantity'),
    decimal('last_price', "the exchange's own digits"),
    decimal('last_quantity', 'in the base asset'),
    decimal('open_price', 'first price'),
    decimal('high_price', 'highest price'),
    decimal('low_price', 'lowest price'),
    decimal('volume', 'traded, in the base asset'),
    decimal('quote_volume', 'traded, in the quote asset'),
    time('open_time', 'begin of the 24 hours'),
    time('close_time', 'end of the 24 hours'),
    optionalInteger('first_trade_id', 'first trade within them'),
    optionalInteger('last_trade_id', 'last trade within them'),
    integer('count', 'number of trades'),
    EVENT_TIME,
    LOCAL_TIME,
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const miniTickers: TableText = {
  name: 'mini_tickers',
  comment:
    'Figures of the last 24 hours, in short (stream miniTicker). Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    decimal('close_price', 'last price'),
    decimal('open_price', 'first price'),
    decimal('high_price', 'highest price'),
    decimal('low_price', 'lowest price'),
    decimal('volume', 'traded, in the base asset'),
    decimal('quote_volume', 'traded, in the quote asset'),
    EVENT_TIME,
    LOCAL_TIME,
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const depthEvents: TableText = {
  name: 'depth_events',
  comment:
    'Messages of the order book (streams depth), a row each, in the order of receipt: local_time, then final_update_id. Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    LOCAL_TIME,
    OPTIONAL_EVENT_TIME,
    optionalTime('transaction_time', 'when the book changed; null where the exchange does not say'),
    optionalInteger('first_update_id', 'first update that is in it; null for a snapshot'),
    integer('final_update_id', 'last update that is in it'),
    optionalInteger(
      'prev_final_update_id',
      'final_update_id of the diff before; null for a snapshot, and on spot',
    ),
    word('update_type', 'diff: received live; snapshot: the whole book, fetched from REST'),
    column('bids', 'numeric[]', `${LEVELS}. Null where levels are rows of depth_levels`),
    column('asks', 'numeric[]', `${LEVELS}. Null where levels are rows of depth_levels`),
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const depthLevels: TableText = {
  name: 'depth_levels',
  comment:
    'Levels of the messages in depth_events, a row each, when the recorder is told to (levels: rows). Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    LOCAL_TIME,
    OPTIONAL_EVENT_TIME,
    integer('final_update_id', 'of the message'),
    word('update_type', 'diff or snapshot'),
    word('side', 'bid or ask'),
    decimal('price', "the exchange's own digits"),
    decimal('quantity', 'what stands there now; 0 removes the level'),
  ],
  dayColumn: 'local_time',
  indexes: ['using brin (local_time)'],
};

const bookSnapshots: TableText = {
  name: 'book_snapshots',
  comment: 'Top of the live book, written at an interval. Partitioned by UTC day of local_time.',
  columns: [
    SYMBOL,
    LOCAL_TIME,
    OPTIONAL_EVENT_TIME,
    integer('last_update_id', 'last update that was applied'),
    column('bids', 'numeric[] not null', 'as {{price,quantity},…}, the best one first'),
    column('asks', 'numeric[] not null', 'as {{price,quantity},…}, the best one first'),
  ],
  dayColumn: 'local_time',
  indexes: [BY_SYMBOL_AND_TIME],
};

const gaps: TableText = {
  name: 'gaps',
  comment: 'Every break of continuity, whatever its cause. What is not here was recorded.',
  columns: [
    SYMBOL,
    word('stream', 'for example BTCUSDT@depth@0ms'),
    word('reason', 'sequence, reconnect, silence, overflow, restart, malformed or disk'),
    optionalInteger('last_id', 'last id before the break'),
    optionalInteger('next_id', 'id that the first message after it names or follows'),
    optionalTime('last_time', 'receipt of the last message before the break'),
    optionalTime('next_time', 'receipt of the first message after it'),
    time('detected_at', 'when the recorder knew'),
    integer('line', 'which of the redundant lines saw it'),
    word('healed_by', 'what closed the break; empty where nothing did'),
  ],
  indexes: ['(detected_at)'],
};

const rejected: TableText = {
  name: 'rejected',
  comment: 'What could not become rows, as it came: nothing is dropped because it was not understood.',
  columns: [
    optionalTime(
      'local_time',
      'when the recorder received it; null where the server refused a row that was made of it',
    ),
    word('stream', 'for example BTCUSDT@aggTrade'),
    word('problem', 'why it has no rows'),
    column(
      'payload',
      'bytea not null',
      "as received: convert_from(payload, 'UTF8') shows it; or the row that the server refused, as JSON",
    ),
  ],
  indexes: ['(local_time)'],
};

const cursor: TableText = {
  name: 'recorder_cursor',
  comment: 'How far each recorder has come. It is changed in the transaction of the rows: nobody else may.',
  columns: [
    word('name', 'of the sink'),
    column('position', 'bigint not null check (position >= 0)', 'in the journal of the recorder'),
    column('state', 'text', 'what the recorder needs to go on'),
    column('commits', 'bigint not null', 'counts them: tells whether one whose answer was lost is there'),
    column('owner', 'text not null', 'drawn by each sink that opens: the one before is pushed out'),
    time('updated_at', 'of the last commit'),
  ],
  primaryKey: 'name',
};

export const firstTables: readonly TableText[] = [
  aggTrades,
  trades,
  klines,
  bookTickers,
  markPrices,
  forceOrders,
  tickers,
  miniTickers,
  depthEvents,
  depthLevels,
  bookSnapshots,
  gaps,
  rejected,
  cursor,
];
