import { fixedDecimal } from '../decimal-text.ts';
import type { SymbolRules } from '../market-source.ts';
import { seededRandom } from '../random.ts';
import type { AggTradeRow } from '../trade-history.ts';

/** What of a symbol's day is true; the rest of its 24 hours is made up. */
export interface TickerFacts {
  readonly rules: SymbolRules;
  /** 1 for the symbol that trades most. */
  readonly rank: number;
  /** Price at which it trades now, in units of the last price decimal; 0 when nobody knows. */
  readonly lastPriceUnits: number;
  readonly lastTrade: AggTradeRow | undefined;
  readonly nowMs: number;
}

const DAY_MS = 24 * 3_600_000;
/** Turnover of the symbol that trades most, in its quote asset; the others follow with a heavy tail. */
const HIGHEST_QUOTE_VOLUME = 2e10;
const TAIL_EXPONENT = 1.1;
const QUOTE_PER_TRADE = 2500;
/** Prices move by less than this share in a made-up day. */
const DAY_MOVE_MAX = 0.05;

function signed(units: number, decimals: number): string {
  return (units < 0 ? '-' : '') + fixedDecimal(Math.abs(units), decimals);
}

/** Open, high, low and mean of a day that ends at this price: a function of the symbol's name. */
function dayPrices(symbol: string, last: number): { open: number; high: number; low: number; mean: number } {
  const random = seededRandom(`day ${symbol}`);
  const open = Math.round(last * (1 + (random.next() * 2 - 1) * DAY_MOVE_MAX));
  const high = Math.round(Math.max(open, last) * (1 + random.next() * DAY_MOVE_MAX));
  const low = Math.round(Math.min(open, last) * (1 - random.next() * DAY_MOVE_MAX));
  return { open, high, low, mean: Math.round((open + high + low + last) / 4) };
}

/**
 * One entry of `GET ticker/24hr`. Keys: developers.binance.com, USDⓈ-M futures, "24hr Ticker Price Change Statistics",
 * seen 2026-11. Turnover is volume times mean price, and ids and count belong together.
 */
export function ticker24h({ rules, rank, lastPriceUnits, lastTrade, nowMs }: TickerFacts): object {
  const { symbol, priceDecimals, quantityDecimals } = rules;
  const { open, high, low, mean } = dayPrices(symbol, lastPriceUnits);
  const wantedQuote = HIGHEST_QUOTE_VOLUME / rank ** TAIL_EXPONENT;
  const scale = 10 ** (priceDecimals + quantityDecimals);
  const steps = mean === 0 ? 0n : BigInt(Math.round((wantedQuote * scale) / mean));
  const count = steps === 0n ? 0 : Math.ceil(wantedQuote / QUOTE_PER_TRADE);
  const lastId = count === 0 ? -1 : Math.max(count, lastTrade?.l ?? 0);
  const price = (units: number): string => fixedDecimal(units, priceDecimals);
  return {
    symbol,
    priceChange: signed(lastPriceUnits - open, priceDecimals),
    priceChangePercent: signed(open === 0 ? 0 : Math.round(((lastPriceUnits - open) / open) * 1e5), 3),
    weightedAvgPrice: price(mean),
    lastPrice: price(lastPriceUnits),
    lastQty: lastTrade?.q ?? fixedDecimal(count === 0 ? 0 : 1, quantityDecimals),
    openPrice: price(open),
    highPrice: price(high),
    lowPrice: price(low),
    volume: fixedDecimal(steps, quantityDecimals),
    quoteVolume: fixedDecimal(steps * BigInt(mean), priceDecimals + quantityDecimals),
    openTime: Math.floor(nowMs) - DAY_MS,
    closeTime: Math.floor(nowMs),
    firstId: count === 0 ? -1 : lastId - count + 1,
    lastId,
    count,
  };
}
