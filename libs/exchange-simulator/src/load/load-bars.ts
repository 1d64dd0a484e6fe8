import { addFill, openBar } from '../generated/bar.ts';
import type { Bar } from '../generated/bar.ts';
import { klineRow } from '../generated/frames.ts';
import type { AggregateTrade } from '../generated/trade-feed.ts';
import type { SymbolRules } from '../market-source.ts';
import type { KlineRow } from '../trade-history.ts';

/** The one interval that a load makes bars of. */
export const LOAD_INTERVAL = '1m';
/** Closed bars that are kept for `GET klines`: four hours. */
const ROWS_MAX = 240;

/** The bars of one symbol, made of its trades. */
export class LoadBars {
  readonly #rules: SymbolRules;
  readonly #closed: KlineRow[] = [];
  #bar: Bar;
  #hasChanged = true;

  constructor(rules: SymbolRules, timeMs: number, priceUnits: number) {
    this.#rules = rules;
    this.#bar = openBar(LOAD_INTERVAL, timeMs, priceUnits);
  }

  /** The open bar. */
  get bar(): Bar {
    return this.#bar;
  }

  /** Whether it says anything new since it was last taken. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** The open bar as it is sent now. */
  take(): Bar {
    this.#hasChanged = false;
    return this.#bar;
  }

  add(trade: AggregateTrade): void {
    const bar = this.#bar;
    const { priceUnits, quantitySteps, isBuyerMaker } = trade;
    addFill(bar, { tradeId: trade.firstTradeId, priceUnits, quantitySteps, isBuyerMaker });
    bar.count += trade.lastTradeId - trade.firstTradeId;
    bar.lastTradeId = trade.lastTradeId;
    this.#hasChanged = true;
  }

  /** Ends the bars whose time is over, and calls `closed` for each. */
  roll(nowMs: number, closed: (bar: Bar) => void): void {
    while (nowMs >= this.#bar.nextOpenTimeMs) {
      const bar = this.#bar;
      this.#closed.push(klineRow(this.#rules, bar));
      if (this.#closed.length > ROWS_MAX) this.#closed.shift();
      this.#bar = openBar(LOAD_INTERVAL, bar.nextOpenTimeMs, bar.close);
      this.#hasChanged = true;
      closed(bar);
    }
  }

  /** What REST shows: the closed bars and the open one. */
  rows(): readonly KlineRow[] {
    return [...this.#closed, klineRow(this.#rules, this.#bar)];
  }
}
