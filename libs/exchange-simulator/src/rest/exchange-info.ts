import type { Listing } from '../listing/listings.ts';
import type { Product } from '../product.ts';

const QUOTE_ASSETS = ['USDT', 'USDC', 'FDUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'USD'];

function splitPair(pair: string): { baseAsset: string; quoteAsset: string } {
  const quoteAsset =
    QUOTE_ASSETS.find((asset) => pair.endsWith(asset) && pair.length > asset.length) ?? 'USDT';
  return { baseAsset: pair.slice(0, -quoteAsset.length) || pair, quoteAsset };
}

function symbolInfo(product: Product, listing: Listing): object {
  const { rules, onboardDateMs, deliveryDateMs } = listing;
  const { symbol, pair, tickSize, stepSize } = rules;
  const { baseAsset, quoteAsset } = splitPair(pair);
  const status = product.market === 'coinm' ? { contractStatus: listing.status } : { status: listing.status };
  const isContract = product.market !== 'spot';
  return {
    symbol,
    pair,
    ...(isContract
      ? { contractType: 'PERPETUAL', deliveryDate: deliveryDateMs, onboardDate: onboardDateMs }
      : {}),
    ...status,
    baseAsset,
    quoteAsset,
    marginAsset: product.market === 'coinm' ? baseAsset : quoteAsset,
    pricePrecision: rules.priceDecimals,
    quantityPrecision: rules.quantityDecimals,
    underlyingType: 'COIN',
    underlyingSubType: [],
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000', tickSize },
      { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '1000000', stepSize },
      { filterType: 'MARKET_LOT_SIZE', minQty: stepSize, maxQty: '100000', stepSize },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
    ],
    orderTypes: ['LIMIT', 'MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  };
}

/** Body of `GET exchangeInfo`; the rate limit it states is the one that is applied. */
export function exchangeInfo(
  product: Product,
  listings: readonly Listing[],
  state: { readonly weightLimit: number; readonly serverTime: number },
): object {
  return {
    timezone: 'UTC',
    serverTime: state.serverTime,
    futuresType: product.market === 'coinm' ? 'COIN_MARGINED' : 'U_MARGINED',
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: state.weightLimit },
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 300 },
    ],
    exchangeFilters: [],
    assets: [],
    symbols: listings.map((one) => symbolInfo(product, one)),
  };
}
