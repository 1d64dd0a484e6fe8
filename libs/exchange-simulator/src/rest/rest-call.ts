import { KLINE_INTERVALS } from '@org/market-data';
import type { ListingStatus } from '../listing/listings.ts';
import type { Product } from '../product.ts';
import { depthWeight } from '../product.ts';
import type { RestError } from './rest-error.ts';
import { invalidDepthLimit, malformedParameter, missingParameter, REST_ERRORS } from './rest-error.ts';

/** A request that is understood, and what it costs. */
export type RestCall =
  | { readonly name: 'ping' | 'time' | 'exchangeInfo'; readonly weight: number }
  /** `symbol` undefined: all of them. */
  | { readonly name: 'ticker/24hr'; readonly weight: number; readonly symbol: string | undefined }
  | { readonly name: 'depth'; readonly weight: number; readonly symbol: string; readonly limit: number }
  | {
      readonly name: 'aggTrades';
      readonly weight: number;
      readonly symbol: string;
      readonly limit: number;
      readonly fromId: number | undefined;
      readonly startTime: number | undefined;
      readonly endTime: number | undefined;
    }
  | {
      readonly name: 'klines';
      readonly weight: number;
      readonly symbol: string;
      readonly interval: string;
      readonly limit: number;
      readonly startTime: number | undefined;
      readonly endTime: number | undefined;
    };

/** A request that is refused; it still costs its weight. */
export interface RefusedCall {
  readonly weight: number;
  readonly refusal: RestError;
}

type Query = (name: string) => string | undefined;
/** Status of a symbol in upper case; undefined for one that is not listed. */
export type StatusOf = (symbol: string) => ListingStatus | undefined;

const HOUR_MS = 3_600_000;

/** Thrown inside this file only: the first wrong parameter ends the reading. */
class Refusal extends Error {
  readonly answer: RestError;

  constructor(answer: RestError) {
    super(answer.body.msg);
    this.answer = answer;
  }
}

function wholeNumber(query: Query, name: string): number | undefined {
  const text = query(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(malformedParameter(name));
  return Number(text);
}

function knownSymbol(query: Query, statusOf: StatusOf): string {
  const symbol = query('symbol');
  if (symbol === undefined || symbol === '') throw new Refusal(missingParameter('symbol'));
  if (statusOf(symbol.toUpperCase()) === undefined) throw new Refusal(REST_ERRORS.invalidSymbol);
  return symbol.toUpperCase();
}

function depthCall(product: Product, query: Query, statusOf: StatusOf): RestCall {
  const limit = wholeNumber(query, 'limit') ?? product.depthLimitDefault;
  const isKnown = product.depthLimits?.includes(limit) ?? (limit >= 1 && limit <= product.depthLimitMax);
  if (!isKnown) throw new Refusal(invalidDepthLimit(limit));
  const symbol = knownSymbol(query, statusOf);
  if (statusOf(symbol) !== 'TRADING') throw new Refusal(REST_ERRORS.notTrading);
  return { name: 'depth', symbol, limit, weight: depthWeight(product, limit) };
}

/** developers.binance.com, "24hr Ticker Price Change Statistics", seen 2026-11: weight 1, or 40 for all symbols. */
function tickerCall(query: Query, statusOf: StatusOf): RestCall {
  if (query('symbol') === undefined) return { name: 'ticker/24hr', symbol: undefined, weight: 40 };
  const symbol = knownSymbol(query, statusOf);
  if (statusOf(symbol) !== 'TRADING') throw new Refusal(REST_ERRORS.invalidStatus);
  return { name: 'ticker/24hr', symbol, weight: 1 };
}

/** developers.binance.com, "Compressed/Aggregate Trades List": `limit` at most 1000, a time span under an hour. */
function aggTradesCall(query: Query, statusOf: StatusOf): RestCall {
  const symbol = knownSymbol(query, statusOf);
  const [fromId, startTime, endTime] = ['fromId', 'startTime', 'endTime'].map((name) =>
    wholeNumber(query, name),
  );
  if (startTime !== undefined && endTime !== undefined && endTime - startTime > HOUR_MS) {
    throw new Refusal(REST_ERRORS.rangeTooLong);
  }
  const limit = Math.min(wholeNumber(query, 'limit') ?? 500, 1000);
  return { name: 'aggTrades', symbol, fromId, startTime, endTime, limit, weight: 20 };
}

/** developers.binance.com, "Kline/Candlestick Data": `limit` at most 1500, weight by limit. */
function klinesCall(query: Query, statusOf: StatusOf): RestCall {
  const symbol = knownSymbol(query, statusOf);
  const interval = query('interval') ?? '';
  if (interval === '') throw new Refusal(missingParameter('interval'));
  if (!(KLINE_INTERVALS as readonly string[]).includes(interval))
    throw new Refusal(REST_ERRORS.invalidInterval);
  const limit = Math.min(wholeNumber(query, 'limit') ?? 500, 1500);
  const weight = limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
  const [startTime, endTime] = ['startTime', 'endTime'].map((name) => wholeNumber(query, name));
  return { name: 'klines', symbol, interval, limit, startTime, endTime, weight };
}

/** Understands the last part of a path and its parameters. */
export function parseRestCall(
  product: Product,
  name: string,
  query: Query,
  statusOf: StatusOf,
): RestCall | RefusedCall {
  try {
    switch (name) {
      case 'ping':
      case 'time':
      case 'exchangeInfo':
        return { name, weight: 1 };
      case 'depth':
        return depthCall(product, query, statusOf);
      case 'ticker/24hr':
        return tickerCall(query, statusOf);
      case 'aggTrades':
        return aggTradesCall(query, statusOf);
      case 'klines':
        return klinesCall(query, statusOf);
      default:
        return { weight: 1, refusal: REST_ERRORS.unknownPath };
    }
  } catch (error) {
    if (error instanceof Refusal) return { weight: 1, refusal: error.answer };
    throw error;
  }
}
