import { z } from 'zod';

/*
 * Only what is used is demanded. Unknown keys pass, and texts such as a status are open: new ones appear without notice
 * (developers.binance.com, USD-M change log, seen 2026-11).
 */

const rateLimit = z.looseObject({
  rateLimitType: z.string(),
  interval: z.string(),
  intervalNum: z.int(),
  limit: z.int(),
});

const symbolFilter = z.looseObject({
  filterType: z.string(),
  tickSize: z.string().optional(),
  stepSize: z.string().optional(),
});

const symbolInfo = z.looseObject({
  symbol: z.string(),
  /** COIN-M calls it `contractStatus`. */
  status: z.string().optional(),
  contractStatus: z.string().optional(),
  contractType: z.string().optional(),
  pair: z.string().optional(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  filters: z.array(symbolFilter),
});

export const exchangeInfoSchema = z.looseObject({
  /** Not for setting clocks: the test network's is stale. `time()` is. */
  serverTime: z.number(),
  rateLimits: z.array(rateLimit),
  symbols: z.array(symbolInfo),
});

export const serverTimeSchema = z.looseObject({ serverTime: z.int() });

const aggTradeRow = z.looseObject({
  a: z.int(),
  p: z.string(),
  q: z.string(),
  /** Quantity without RPI fills; since 2025-12-31, USD-M only. */
  nq: z.string().optional(),
  f: z.int(),
  l: z.int(),
  T: z.int(),
  m: z.boolean(),
});

export const aggTradesSchema = z.array(aggTradeRow);

const klineRow = z
  .tuple([
    z.int(), z.string(), z.string(), z.string(), z.string(), z.string(),
    z.int(), z.string(), z.int(), z.string(), z.string(), z.string(),
  ])
  .rest(z.unknown()); // prettier-ignore

export const klinesSchema = z.array(klineRow);

const ticker24hrRow = z.looseObject({
  symbol: z.string(),
  /** COIN-M counts volume in contracts of a fixed worth in dollars, and has no `quoteVolume`. */
  volume: z.string(),
  quoteVolume: z.string().optional(),
  count: z.int(),
});

export const tickers24hrSchema = z.array(ticker24hrRow);

export type ExchangeInfo = z.infer<typeof exchangeInfoSchema>;
export type SymbolInfo = z.infer<typeof symbolInfo>;
export type ServerTime = z.infer<typeof serverTimeSchema>;
/** Aggregate trade id, price, quantity, first and last trade id, time in ms, whether the buyer was the maker. */
export type AggTradeRow = z.infer<typeof aggTradeRow>;
/** Volume of 24 h in base asset (COIN-M: contracts) and in quote asset, and number of trades. */
export type Ticker24hr = z.infer<typeof ticker24hrRow>;
/**
 * Open time, open, high, low, close, volume, close time, quote volume, trade count, taker buy volume, taker buy quote
 * volume, ignore. The last row of an answer may be the bar that is still open.
 */
export type KlineRow = z.infer<typeof klineRow>;

/** Request weight a minute that the exchange states, or undefined when it does not. */
export function statedWeightLimit(info: ExchangeInfo): number | undefined {
  return info.rateLimits.find(
    ({ rateLimitType, interval, intervalNum }) =>
      rateLimitType === 'REQUEST_WEIGHT' && interval === 'MINUTE' && intervalNum === 1,
  )?.limit;
}
