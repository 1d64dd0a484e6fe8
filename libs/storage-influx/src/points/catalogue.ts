import { SLOT } from '@org/binance-wire';
import type { StreamKind } from '@org/market-data';
import {
  byId,
  byReceipt,
  flag,
  float,
  integer,
  optional,
  timeAt,
  word,
  type PointDefinition,
} from './point-definition.ts';

const KLINE = 'kline_';

/** `aggTrade`, and rows of `GET /fapi/v1/aggTrades`, which have no event time. The buyer takes when the seller makes. */
const aggTrade: PointDefinition = {
  kind: 'aggtrade',
  frame: 'aggTrade',
  timeMs: timeAt('T'),
  offsetNs: byId('a'),
  side: { slot: SLOT.m, buy: 'false', sell: 'true' },
  fields: [
    float('price', 'p'),
    float('quantity', 'q'),
    optional(float('normal_quantity', 'nq')),
    integer('agg_trade_id', 'a'),
    integer('first_trade_id', 'f'),
    integer('last_trade_id', 'l'),
    integer('transact_time', 'T'),
    optional(integer('event_time', 'E')),
  ],
  hasSource: true,
};

/** `trade`. Those of execution type NA have price and quantity 0: they carry an id, not a price. */
const trade: PointDefinition = {
  kind: 'trade',
  frame: 'trade',
  timeMs: timeAt('T'),
  offsetNs: byId('t'),
  side: { slot: SLOT.m, buy: 'false', sell: 'true' },
  fields: [
    float('price', 'p'),
    float('quantity', 'q'),
    integer('trade_id', 't'),
    optional(word('execution_type', 'X')),
    integer('trade_time', 'T'),
    integer('event_time', 'E'),
  ],
};

/** `bookTicker`; spot sends no times. */
const bookTicker: PointDefinition = {
  kind: 'bookticker',
  frame: 'bookTicker',
  timeMs: timeAt('T', 'E'),
  offsetNs: byId('u'),
  fields: [
    float('best_bid_price', 'b'),
    float('best_bid_qty', 'B'),
    float('best_ask_price', 'a'),
    float('best_ask_qty', 'A'),
    integer('update_id', 'u'),
    optional(integer('transaction_time', 'T')),
    optional(integer('event_time', 'E')),
  ],
};

/**
 * `kline`, every update of a bar, and rows of `GET /fapi/v1/klines`. All points of a bar stand within three seconds of its
 * open time, in the order of the updates: one ns for each ms that the bar was old. So `last()` by the interval is the bar.
 * A row of REST stands where the bar ends, like the update that closes it.
 */
const kline: PointDefinition = {
  kind: 'kline',
  frame: 'kline',
  timeMs: timeAt('k.t'),
  offsetNs: (fields) => {
    const untilMs = fields.has(SLOT.E) ? fields.integer(SLOT.E) : fields.integer(SLOT['k.T']) + 1;
    return Math.max(0, untilMs - fields.integer(SLOT['k.t']));
  },
  streamTag: (stream) => `interval=${stream.slice(KLINE.length)}`,
  fields: [
    float('open', 'k.o'),
    float('high', 'k.h'),
    float('low', 'k.l'),
    float('close', 'k.c'),
    float('volume', 'k.v'),
    float('quote_volume', 'k.q'),
    integer('count', 'k.n'),
    float('taker_buy_volume', 'k.V'),
    float('taker_buy_quote_volume', 'k.Q'),
    flag('is_closed', 'k.x'),
    integer('open_time', 'k.t'),
    integer('close_time', 'k.T'),
    optional(integer('first_trade_id', 'k.f')),
    optional(integer('last_trade_id', 'k.L')),
    optional(integer('event_time', 'E')),
  ],
  hasSource: true,
};

/** `markPriceUpdate`. The wire's `T` is the next funding time here; delivery contracts send neither rate nor funding time. */
const markPrice: PointDefinition = {
  kind: 'markprice',
  frame: 'markPriceUpdate',
  timeMs: timeAt('E'),
  offsetNs: byReceipt,
  streamTag: (stream) => `stream=${stream}`,
  fields: [
    float('mark_price', 'p'),
    optional(float('average_price', 'ap')),
    optional(float('index_price', 'i')),
    optional(float('estimated_settle_price', 'P')),
    optional(float('funding_rate', 'r')),
    optional(integer('next_funding_time', 'T')),
    integer('event_time', 'E'),
  ],
};

/** `forceOrder`: the largest liquidation of a symbol within a second. */
const forceOrder: PointDefinition = {
  kind: 'forceorder',
  frame: 'forceOrder',
  timeMs: timeAt('o.T'),
  offsetNs: byReceipt,
  side: { slot: SLOT['o.S'], buy: 'BUY', sell: 'SELL' },
  fields: [
    float('price', 'o.p'),
    float('quantity', 'o.q'),
    optional(float('average_price', 'o.ap')),
    optional(float('last_filled_quantity', 'o.l')),
    optional(float('filled_quantity', 'o.z')),
    word('order_type', 'o.o'),
    word('time_in_force', 'o.f'),
    word('order_status', 'o.X'),
    integer('trade_time', 'o.T'),
    integer('event_time', 'E'),
  ],
};

/** `24hrTicker`: figures of the last 24 hours. */
const ticker: PointDefinition = {
  kind: 'ticker',
  frame: '24hrTicker',
  timeMs: timeAt('E'),
  offsetNs: byReceipt,
  fields: [
    float('price_change', 'p'),
    float('price_change_percent', 'P'),
    float('weighted_average_price', 'w'),
    float('last_price', 'c'),
    float('last_quantity', 'Q'),
    float('open_price', 'o'),
    float('high_price', 'h'),
    float('low_price', 'l'),
    float('volume', 'v'),
    float('quote_volume', 'q'),
    integer('open_time', 'O'),
    integer('close_time', 'C'),
    optional(integer('first_trade_id', 'F')),
    optional(integer('last_trade_id', 'L')),
    integer('count', 'n'),
    integer('event_time', 'E'),
  ],
};

/** `24hrMiniTicker`: the short form of the 24-hour figures. */
const miniTicker: PointDefinition = {
  kind: 'miniticker',
  frame: '24hrMiniTicker',
  timeMs: timeAt('E'),
  offsetNs: byReceipt,
  fields: [
    float('close_price', 'c'),
    float('open_price', 'o'),
    float('high_price', 'h'),
    float('low_price', 'l'),
    float('volume', 'v'),
    float('quote_volume', 'q'),
    integer('event_time', 'E'),
  ],
};

const DEFINITIONS = [aggTrade, trade, bookTicker, kline, markPrice, forceOrder, ticker, miniTicker];

const BY_KIND: ReadonlyMap<StreamKind, PointDefinition> = new Map(
  DEFINITIONS.map((definition) => [definition.kind, definition]),
);

/** Undefined for depth, whose messages are not stored here. */
export function pointDefinition(kind: StreamKind): PointDefinition | undefined {
  return BY_KIND.get(kind);
}

export const BOOK_MEASUREMENT = 'orderbook';
export const GAPS_MEASUREMENT = 'gaps';

/** Names of all measurements that hold market data. */
export const MEASUREMENTS: readonly string[] = [...BY_KIND.keys(), BOOK_MEASUREMENT, GAPS_MEASUREMENT];
