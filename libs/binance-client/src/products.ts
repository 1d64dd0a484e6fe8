import type { Market } from '@org/market-data';

/** Part of a WebSocket address that decides which streams deliver; undefined where a product has one address for all. */
export type StreamRoute = 'public' | 'market' | undefined;

/** Rows `[largest limit, weight]`, smallest first. */
export type WeightTable = readonly (readonly [limitMax: number, weight: number])[];

/** What differs between the Binance products, as data. */
export interface Product {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly restPath: string;
  /** Request weight a minute and address; `exchangeInfo.rateLimits` is the truth. */
  readonly weightLimitPerMinute: number;
  readonly depthWeights: WeightTable;
  readonly klineWeights: WeightTable;
  readonly aggTradesWeight: number;
  readonly exchangeInfoWeight: number;
  /** For all symbols at once. */
  readonly tickersWeight: number;
  /** Streams that deliver on the route `public`; empty where nothing is routed. */
  readonly publicStreams: RegExp | undefined;
}

// developers.binance.com, derivatives, market data endpoints (depth, klines, aggTrades, ticker/24hr), seen 2026-11.
const FUTURES_DEPTH: WeightTable = [[50, 2], [100, 5], [500, 10], [1000, 20]]; // prettier-ignore
const FUTURES_KLINES: WeightTable = [[99, 1], [499, 2], [1000, 5], [1500, 10]]; // prettier-ignore

/**
 * Sources: developers.binance.com general info of each product, seen 2026-11. USD-M streams are split since 2026-04-23
 * ("Important WebSocket Change Notice", 2026-03-06): a stream that is asked for on the wrong route is acknowledged and
 * stays silent. `trade` on the public route is measured, not documented (2026-07-30 and 2026-09-25). USD-M and COIN-M
 * share one weight limit since 2026-06-30.
 */
export const PRODUCTS: Readonly<Record<Market, Product>> = {
  usdm: {
    restUrl: 'https://fapi.binance.com',
    wsUrl: 'wss://fstream.binance.com',
    restPath: '/fapi/v1',
    weightLimitPerMinute: 2400,
    depthWeights: FUTURES_DEPTH,
    klineWeights: FUTURES_KLINES,
    aggTradesWeight: 20,
    exchangeInfoWeight: 1,
    tickersWeight: 40,
    publicStreams: /^(depth.*|bookTicker|trade|rpiDepth.*)$/,
  },
  coinm: {
    restUrl: 'https://dapi.binance.com',
    wsUrl: 'wss://dstream.binance.com',
    restPath: '/dapi/v1',
    weightLimitPerMinute: 2400,
    depthWeights: FUTURES_DEPTH,
    klineWeights: FUTURES_KLINES,
    aggTradesWeight: 20,
    exchangeInfoWeight: 1,
    tickersWeight: 40,
    publicStreams: undefined,
  },
  spot: {
    restUrl: 'https://api.binance.com',
    wsUrl: 'wss://stream.binance.com:9443',
    restPath: '/api/v3',
    weightLimitPerMinute: 6000,
    depthWeights: [[100, 5], [500, 25], [1000, 50], [5000, 250]],
    klineWeights: [[1000, 2]],
    aggTradesWeight: 4,
    exchangeInfoWeight: 20,
    tickersWeight: 80,
    publicStreams: undefined,
  },
}; // prettier-ignore

/** The route on which `stream` (as in `depth@0ms`, without its symbol) delivers. */
export function streamRoute(market: Market, stream: string): StreamRoute {
  const { publicStreams } = PRODUCTS[market];
  if (publicStreams === undefined) return undefined;
  return publicStreams.test(stream) ? 'public' : 'market';
}

/**
 * The address for combined streams. Streams are asked for after it is open: a request line holds 16 KiB, about 900
 * streams, and only a SUBSCRIBE is answered.
 */
export function streamAddress(wsUrl: string, route: StreamRoute): string {
  return route === undefined ? `${wsUrl}/stream` : `${wsUrl}/${route}/stream`;
}

/** Weight of a request for `limit` rows, or undefined when the product has no such limit. */
export function weightOf(table: WeightTable, limit: number): number | undefined {
  if (!Number.isInteger(limit) || limit < 1) return undefined;
  return table.find(([limitMax]) => limit <= limitMax)?.[1];
}
