import { decodeAggTrade, decodeKline, FrameFields, scanFrame, SLOT } from '@org/binance-wire';
import type { TradeHistory } from '../trade-history.ts';

const ID_SLOTS = { bookTicker: SLOT.u, trade: SLOT.t } as const;

/** Reads what REST will be asked for out of the recorded frames, and the id of each. */
export class RecordedTrades {
  readonly #history: TradeHistory;
  readonly #fields = new FrameFields();

  constructor(history: TradeHistory) {
    this.#history = history;
  }

  /** The id of the frame, undefined where its stream has none. Throws what the scan throws. */
  take(frame: Uint8Array): number | undefined {
    const fields = this.#fields;
    const kind = scanFrame(frame, fields);
    switch (kind) {
      case 'aggTrade':
        return this.#takeAggTrade();
      case 'kline':
        return this.#takeKline();
      case 'bookTicker':
      case 'trade':
        return fields.integerOrUndefined(ID_SLOTS[kind]);
      default:
        return undefined;
    }
  }

  #takeAggTrade(): number {
    const trade = decodeAggTrade(this.#fields);
    this.#history.addAggTrade(trade.symbol, {
      a: trade.aggTradeId,
      p: trade.price,
      q: trade.quantity,
      ...(trade.normalQuantity === undefined ? {} : { nq: trade.normalQuantity }),
      f: trade.firstTradeId,
      l: trade.lastTradeId,
      T: trade.tradeTimeMs,
      m: trade.isBuyerMaker,
    });
    return trade.aggTradeId;
  }

  #takeKline(): number {
    const bar = decodeKline(this.#fields);
    this.#history.putKline(bar.symbol, bar.interval, [
      bar.openTimeMs,
      bar.open,
      bar.high,
      bar.low,
      bar.close,
      bar.volume,
      bar.closeTimeMs,
      bar.quoteVolume,
      bar.tradeCount,
      bar.takerBuyVolume,
      bar.takerBuyQuoteVolume,
      bar.ignore,
    ]);
    return bar.openTimeMs;
  }
}
