/**
 * The events of Binance market data, as this project names them.
 *
 * Prices and quantities are the exchange's own characters ({@link DecimalText}), exchange times are milliseconds
 * since the epoch as sent, receipt times are microseconds since the epoch. Ids are safe integers (the largest seen,
 * 1.2e13 in 2026, leaves a factor of 700 below 2^53).
 */

/** Decimal text exactly as the exchange sent it, for example `63943.90`. */
export type DecimalText = string;

/** A price level: price, and the absolute quantity that rests there (zero removes the level). */
export type PriceLevel = readonly [price: DecimalText, quantity: DecimalText];

export type BookSide = 'bid' | 'ask';

/** The three Binance products whose ids are handled. */
export type Market = 'usdm' | 'coinm' | 'spot';

/** One `depthUpdate`: the levels that changed, as absolute quantities. */
export interface DepthDiff {
  readonly symbol: string;
  /** `E`, push time. */
  readonly eventTimeMs: number;
  /** `T`, matching time; spot does not send it. */
  readonly transactionTimeMs: number | undefined;
  /** `U` */
  readonly firstUpdateId: number;
  /** `u` */
  readonly finalUpdateId: number;
  /** `pu`: the `u` of the previous diff of this stream. Spot does not send it; there it is `U - 1` by rule. */
  readonly previousFinalUpdateId: number | undefined;
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

/** The REST answer to a depth request: the whole book down to its limit, at `lastUpdateId`. */
export interface DepthSnapshot {
  readonly symbol: string;
  readonly lastUpdateId: number;
  /** `E` and `T`; spot does not send them. */
  readonly eventTimeMs: number | undefined;
  readonly transactionTimeMs: number | undefined;
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

/** `aggTrade`: fills of one taker order at one price, pushed every 100 ms. */
export interface AggTrade {
  readonly symbol: string;
  readonly eventTimeMs: number;
  readonly aggTradeId: number;
  readonly price: DecimalText;
  readonly quantity: DecimalText;
  /** `nq`: quantity without RPI fills, sent since 2025-12-31. */
  readonly normalQuantity: DecimalText | undefined;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly tradeTimeMs: number;
  /** `m`: true when the buyer was the maker, that is, when the taker sold. */
  readonly isBuyerMaker: boolean;
}

/** `kline`: one state of a bar; the bar is final when `isClosed`. */
export interface Kline {
  readonly symbol: string;
  readonly eventTimeMs: number;
  readonly openTimeMs: number;
  readonly closeTimeMs: number;
  readonly interval: string;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly open: DecimalText;
  readonly high: DecimalText;
  readonly low: DecimalText;
  readonly close: DecimalText;
  readonly volume: DecimalText;
  readonly quoteVolume: DecimalText;
  readonly takerBuyVolume: DecimalText;
  readonly takerBuyQuoteVolume: DecimalText;
  readonly tradeCount: number;
  readonly isClosed: boolean;
  /** `B`, which the exchange tells to ignore; kept because the public archive has the column. */
  readonly ignore: DecimalText;
}

/** `bookTicker`: best bid and ask; `updateId` shares the id space of the depth diffs. */
export interface BookTicker {
  readonly symbol: string;
  readonly updateId: number;
  readonly bidPrice: DecimalText;
  readonly bidQuantity: DecimalText;
  readonly askPrice: DecimalText;
  readonly askQuantity: DecimalText;
  readonly eventTimeMs: number | undefined;
  readonly transactionTimeMs: number | undefined;
}

/** `trade`: one fill. `executionType` NA marks placeholders with price and quantity 0: ids, not prices. */
export interface Trade {
  readonly symbol: string;
  readonly eventTimeMs: number;
  readonly tradeId: number;
  readonly price: DecimalText;
  readonly quantity: DecimalText;
  readonly tradeTimeMs: number;
  readonly isBuyerMaker: boolean;
  readonly executionType: string | undefined;
}

/** `markPriceUpdate`. `nextFundingTimeMs` is the wire's `T`, which is not an event time here. */
export interface MarkPrice {
  readonly symbol: string;
  readonly eventTimeMs: number;
  readonly markPrice: DecimalText;
  readonly averagePrice: DecimalText | undefined;
  readonly indexPrice: DecimalText;
  readonly estimatedSettlePrice: DecimalText | undefined;
  readonly fundingRate: DecimalText;
  readonly nextFundingTimeMs: number;
}
