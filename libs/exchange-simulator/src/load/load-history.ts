import { aggTradeRow } from '../generated/frames.ts';
import type { AggTradeRow, KlineRow, MarketHistory, TimeRange } from '../trade-history.ts';
import { newestOrFirst } from '../trade-history.ts';
import { LOAD_INTERVAL } from './load-bars.ts';
import type { LoadSymbol } from './load-symbol.ts';

/** What REST tells about the trades and bars of a load; rows are written when somebody asks. */
export class LoadHistory implements MarketHistory {
  readonly #symbols: ReadonlyMap<string, LoadSymbol>;

  constructor(symbols: ReadonlyMap<string, LoadSymbol>) {
    this.#symbols = symbols;
  }

  aggTrades(
    symbol: string,
    query: TimeRange & { readonly fromId?: number | undefined },
  ): readonly AggTradeRow[] {
    const found = this.#symbols.get(symbol);
    if (found === undefined) return [];
    const { fromId, startTime, endTime = Infinity, limit } = query;
    const from = fromId === undefined && startTime === undefined ? 'back' : 'front';
    const isWanted =
      fromId === undefined
        ? (_: number, timeMs: number): boolean => timeMs >= (startTime ?? 0) && timeMs <= endTime
        : (aggTradeId: number): boolean => aggTradeId >= fromId;
    return found.trades.select(isWanted, limit, from).map((trade) => aggTradeRow(found.rules, trade));
  }

  klines(symbol: string, interval: string, query: TimeRange): readonly KlineRow[] {
    if (interval !== LOAD_INTERVAL) return [];
    return newestOrFirst(this.#symbols.get(symbol)?.bars.rows() ?? [], (row) => row[0], query);
  }

  lastAggTrade(symbol: string): AggTradeRow | undefined {
    const found = this.#symbols.get(symbol);
    const trade = found?.trades.last();
    return trade === undefined ? undefined : aggTradeRow(found!.rules, trade);
  }
}
