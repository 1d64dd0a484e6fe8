import { KLINE_INTERVALS } from '@org/market-data';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday; bars of a week open on Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };

/** Open time of the bar that holds `timeMs`, and of the bar after it. Bars are cut in UTC. */
export function barSpan(
  interval: string,
  timeMs: number,
): { readonly openTimeMs: number; readonly nextOpenTimeMs: number } {
  if (interval === '1M') {
    const date = new Date(timeMs);
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    const openOf = (months: number): number => Date.UTC(Math.floor(months / 12), months % 12);
    return { openTimeMs: openOf(month), nextOpenTimeMs: openOf(month + 1) };
  }
  const lengthMs = Number.parseInt(interval, 10) * UNIT_MS[interval.slice(-1)]!;
  const offsetMs = interval === '1w' ? FIRST_MONDAY_MS : 0;
  const openTimeMs = Math.floor((timeMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
  return { openTimeMs, nextOpenTimeMs: openTimeMs + lengthMs };
}

/** One bar, in whole units: prices in price units, volumes in steps, turnover in price units times steps. */
export interface Bar {
  readonly interval: string;
  readonly openTimeMs: number;
  /** Open time of the next bar; the bar's own close time is one millisecond earlier. */
  readonly nextOpenTimeMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: bigint;
  quoteVolume: bigint;
  takerBuyVolume: bigint;
  takerBuyQuoteVolume: bigint;
  count: number;
  /** -1 while the bar has no trade. */
  firstTradeId: number;
  lastTradeId: number;
}

/** A fill as bars count it. */
export interface Fill {
  readonly tradeId: number;
  readonly priceUnits: number;
  readonly quantitySteps: number;
  readonly isBuyerMaker: boolean;
}

export function openBar(interval: string, timeMs: number, priceUnits: number): Bar {
  return {
    interval,
    ...barSpan(interval, timeMs),
    open: priceUnits, high: priceUnits, low: priceUnits, close: priceUnits,
    volume: 0n, quoteVolume: 0n, takerBuyVolume: 0n, takerBuyQuoteVolume: 0n,
    count: 0, firstTradeId: -1, lastTradeId: -1,
  }; // prettier-ignore
}

export function addFill(bar: Bar, fill: Fill): void {
  if (bar.count === 0) {
    bar.open = bar.high = bar.low = fill.priceUnits;
    bar.firstTradeId = fill.tradeId;
  }
  bar.high = Math.max(bar.high, fill.priceUnits);
  bar.low = Math.min(bar.low, fill.priceUnits);
  bar.close = fill.priceUnits;
  bar.lastTradeId = fill.tradeId;
  bar.count++;
  const quote = BigInt(fill.priceUnits) * BigInt(fill.quantitySteps);
  bar.volume += BigInt(fill.quantitySteps);
  bar.quoteVolume += quote;
  if (fill.isBuyerMaker) return;
  bar.takerBuyVolume += BigInt(fill.quantitySteps);
  bar.takerBuyQuoteVolume += quote;
}

/** Bars are pushed at most this often: developers.binance.com, "Kline/Candlestick Streams", seen 2026-11. */
const PUSH_INTERVAL_MS = 250;

/** The bars of one symbol, of every interval. */
export class BarFeed {
  readonly #bars: Bar[];
  readonly #changed = new Set<Bar>();
  #nextPushMs = 0;

  constructor(timeMs: number, priceUnits: number) {
    this.#bars = KLINE_INTERVALS.map((interval) => openBar(interval, timeMs, priceUnits));
  }

  /** Close of every bar that is open. */
  get lastPriceUnits(): number {
    return this.#bars[0]!.close;
  }

  add(fill: Fill): void {
    for (const bar of this.#bars) {
      addFill(bar, fill);
      this.#changed.add(bar);
    }
  }

  /** Ends the bars whose time is over at `nowMs`, calls `closed` for each, and opens the next ones. */
  roll(nowMs: number, closed: (bar: Bar) => void): void {
    for (let at = 0; at < this.#bars.length; at++) {
      for (let bar = this.#bars[at]!; nowMs >= bar.nextOpenTimeMs; bar = this.#bars[at]!) {
        this.#changed.delete(bar);
        closed(bar);
        this.#bars[at] = openBar(bar.interval, bar.nextOpenTimeMs, bar.close);
      }
    }
  }

  /** Calls `push` for every bar that changed since the last push, when it is time for one. */
  push(nowMs: number, push: (bar: Bar) => void): void {
    if (nowMs < this.#nextPushMs) return;
    this.#nextPushMs = (Math.floor(nowMs / PUSH_INTERVAL_MS) + 1) * PUSH_INTERVAL_MS;
    for (const bar of this.#changed) push(bar);
    this.#changed.clear();
  }
}
