/** A row of `GET aggTrades`, keys in the order of the exchange. */
export interface AggTradeRow {
  readonly a: number;
  readonly p: string;
  readonly q: string;
  readonly nq?: string;
  readonly f: number;
  readonly l: number;
  readonly T: number;
  readonly m: boolean;
}

/** A row of `GET klines`: the twelve columns of the exchange. */
export type KlineRow = readonly [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTime: number,
  quoteVolume: string,
  count: number,
  takerBuyVolume: string,
  takerBuyQuoteVolume: string,
  ignore: string,
];

export interface TimeRange {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly limit: number;
}

/** What REST tells about trades and bars. */
export interface MarketHistory {
  /** Rows from `fromId` on, or of the time range, or the newest; never more than the limit. */
  aggTrades(
    symbol: string,
    query: TimeRange & { readonly fromId?: number | undefined },
  ): readonly AggTradeRow[];
  klines(symbol: string, interval: string, query: TimeRange): readonly KlineRow[];
  lastAggTrade(symbol: string): AggTradeRow | undefined;
}

/** Aggregate trades kept a symbol, and bars kept a symbol and interval; the oldest go first, as on the exchange. */
const AGG_TRADES_MAX = 100_000;
const KLINES_MAX = 5_000;

/**
 * What REST can still tell about trades and bars: everything that the market said, heard by somebody or not, so that a
 * client can repair what it missed.
 */
export class TradeHistory implements MarketHistory {
  readonly #aggTrades = new Map<string, AggTradeRow[]>();
  readonly #klines = new Map<string, Map<number, KlineRow>>();

  addAggTrade(symbol: string, row: AggTradeRow): void {
    let rows = this.#aggTrades.get(symbol);
    if (rows === undefined) this.#aggTrades.set(symbol, (rows = []));
    rows.push(row);
    if (rows.length > AGG_TRADES_MAX * 1.1) rows.splice(0, rows.length - AGG_TRADES_MAX);
  }

  /** The newest state of a bar replaces the older one. */
  putKline(symbol: string, interval: string, row: KlineRow): void {
    const key = `${symbol} ${interval}`;
    let bars = this.#klines.get(key);
    if (bars === undefined) this.#klines.set(key, (bars = new Map<number, KlineRow>()));
    bars.set(row[0], row);
    if (bars.size > KLINES_MAX) bars.delete(bars.keys().next().value!);
  }

  aggTrades(
    symbol: string,
    query: TimeRange & { readonly fromId?: number | undefined },
  ): readonly AggTradeRow[] {
    const rows = this.#aggTrades.get(symbol) ?? [];
    if (query.fromId !== undefined) {
      const first = rows.findIndex((row) => row.a >= query.fromId!);
      return first < 0 ? [] : rows.slice(first, first + query.limit);
    }
    return newestOrFirst(rows, (row) => row.T, query);
  }

  lastAggTrade(symbol: string): AggTradeRow | undefined {
    return this.#aggTrades.get(symbol)?.at(-1);
  }

  klines(symbol: string, interval: string, query: TimeRange): readonly KlineRow[] {
    const bars = [...(this.#klines.get(`${symbol} ${interval}`)?.values() ?? [])].sort((a, b) => a[0] - b[0]);
    return newestOrFirst(bars, (bar) => bar[0], query);
  }
}

/** With a start time the exchange answers from there on; without one it answers with the newest rows. */
export function newestOrFirst<T>(
  rows: readonly T[],
  timeOf: (row: T) => number,
  query: TimeRange,
): readonly T[] {
  const { startTime = -Infinity, endTime = Infinity, limit } = query;
  const inside = rows.filter((row) => timeOf(row) >= startTime && timeOf(row) <= endTime);
  return query.startTime === undefined ? inside.slice(-limit) : inside.slice(0, limit);
}
