/** One aggregate trade of a file or a capture. */
export interface AggTradeRow {
  readonly kind: 'aggtrade';
  /** Line that it stands on, from 1. */
  readonly line: number;
  /** µs since the epoch. */
  readonly receivedAtUs: number;
  readonly id: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  /** ms since the epoch. */
  readonly tradeTimeMs: number;
  /** Fetched later, for a gap: such a row stands behind rows with greater ids. */
  readonly isRest: boolean;
}

export interface TradeRow {
  readonly kind: 'trade';
  readonly line: number;
  readonly receivedAtUs: number;
  readonly id: number;
  readonly tradeTimeMs: number;
  readonly isRest: false;
}

/** One update of a bar. Prices and volumes are the nearest numbers, good for comparisons. */
export interface KlineRow {
  readonly kind: 'kline';
  readonly line: number;
  readonly receivedAtUs: number;
  readonly interval: string;
  readonly openTimeMs: number;
  /** The last millisecond of the bar. */
  readonly closeTimeMs: number;
  readonly isClosed: boolean;
  readonly isRest: boolean;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly takerBuyVolume: number;
  readonly tradeCount: number;
  /** Undefined in a row from REST; -1 in a bar without trades. */
  readonly firstTradeId: number | undefined;
  readonly lastTradeId: number | undefined;
  /** ms since the epoch; undefined in a row from REST. */
  readonly eventTimeMs: number | undefined;
}

export interface BookTickerRow {
  readonly kind: 'bookticker';
  readonly line: number;
  readonly receivedAtUs: number;
  readonly id: number;
  readonly bidPrice: number;
  readonly askPrice: number;
}

/** A row of a stream whose events have no ids. */
export interface TimedRow {
  readonly kind: 'markprice' | 'forceorder' | 'ticker' | 'miniticker';
  readonly line: number;
  readonly receivedAtUs: number;
  readonly eventTimeMs: number;
}

export type MarketRow = AggTradeRow | TradeRow | KlineRow | BookTickerRow | TimedRow;

/** Kinds of files that hold such rows. */
export type MarketRowKind = MarketRow['kind'];
