import type { Market } from '@org/market-data';

/** What tells the three products of the exchange apart, as data. */
export interface Product {
  readonly market: Market;
  /** Path before the name of a REST call. */
  readonly restPrefix: string;
  /** Whether the streams are split over `/public` and `/market`. */
  readonly routed: boolean;
  /** Request weight that one address may use a minute. */
  readonly requestWeightLimit: number;
  /** Weight of a depth request by its limit: the first row whose `upTo` covers it. */
  readonly depthWeights: readonly { readonly upTo: number; readonly weight: number }[];
  /** The only limits that a depth request may name; undefined where any number up to the maximum is taken. */
  readonly depthLimits: readonly number[] | undefined;
  readonly depthLimitDefault: number;
  readonly depthLimitMax: number;
}

const FUTURES_DEPTH = {
  depthWeights: [
    { upTo: 50, weight: 2 },
    { upTo: 100, weight: 5 },
    { upTo: 500, weight: 10 },
    { upTo: 1000, weight: 20 },
  ],
  depthLimits: [5, 10, 20, 50, 100, 500, 1000],
  depthLimitDefault: 500,
  depthLimitMax: 1000,
} as const;

/**
 * Limits and weights: developers.binance.com, USDⓈ-M futures "Order Book" and the exchangeInfo answer, spot "Order
 * book"; seen 2026-11.
 */
export const PRODUCTS: Readonly<Record<Market, Product>> = {
  usdm: { market: 'usdm', restPrefix: '/fapi/v1', routed: true, requestWeightLimit: 2400, ...FUTURES_DEPTH },
  coinm: {
    market: 'coinm',
    restPrefix: '/dapi/v1',
    routed: false,
    requestWeightLimit: 2400,
    ...FUTURES_DEPTH,
  },
  spot: {
    market: 'spot',
    restPrefix: '/api/v3',
    routed: false,
    requestWeightLimit: 6000,
    depthWeights: [
      { upTo: 100, weight: 5 },
      { upTo: 500, weight: 25 },
      { upTo: 1000, weight: 50 },
      { upTo: 5000, weight: 250 },
    ],
    depthLimits: undefined,
    depthLimitDefault: 100,
    depthLimitMax: 5000,
  },
};

/** Which door a connection came through. `unrouted` is `/ws` and `/stream` without a prefix. */
export type Route = 'public' | 'market' | 'unrouted';

/**
 * The `/public` half of USDⓈ-M: books, best prices and single trades. All else flows on `/market`.
 * developers.binance.com, "Important WebSocket Change Notice" (2026-03), and live counts of 2026-07 for `@trade`.
 */
const PUBLIC_STREAM = /(^!bookTicker$)|@(depth|bookTicker$|rpiDepth|trade$)/;

/** Whether a stream that is asked for on this route delivers. Where it does not, the exchange says nothing at all. */
export function routeCarries(product: Product, route: Route, stream: string): boolean {
  if (!product.routed) return route === 'unrouted';
  return PUBLIC_STREAM.test(stream) === (route !== 'market');
}

/** Whether the stream carries the order book, whose first subscription starts a replay. */
export function isDepthStream(stream: string): boolean {
  return /@depth(@|$)/.test(stream);
}

export function depthWeight(product: Product, limit: number): number {
  return product.depthWeights.find((row) => limit <= row.upTo)?.weight ?? 0;
}
