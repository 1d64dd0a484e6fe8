import { Buffer } from 'node:buffer';
import { unitsToDecimal } from '@org/market-data';
import type { BookState, StreamMessage } from '../market-source.ts';
import type { TradeHistory } from '../trade-history.ts';
import { BarFeed } from './bar.ts';
import type { Bar, Fill } from './bar.ts';
import { DepthFeed } from './depth-feed.ts';
import * as frames from './frames.ts';
import type { Instrument } from './instrument.ts';
import { OrderFlow } from './order-flow.ts';
import type { Level, PriceLadder } from './price-ladder.ts';
import { seededRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { SingleTrade } from './trade-feed.ts';
import { TradeFeed } from './trade-feed.ts';

/** How lively a made-up market is, each symbol for itself. */
export interface Tempo {
  /** Moments a second at which the book changes: the rate of `depth@0ms`, and at most that of `bookTicker`. */
  readonly eventsPerSecond: number;
  /** Mean number of taker orders a second. */
  readonly tradesPerSecond: number;
  /** Mean number of levels that change at each moment. */
  readonly changesPerEvent: number;
  /** Price levels on each side. */
  readonly levels: number;
}

/** Where a symbol's messages go; `payload` is only called for what somebody hears. */
export interface SymbolOutlet {
  readonly history: TradeHistory;
  isHeard(stream: string): boolean;
  send(message: StreamMessage): void;
}

/** The speeds of the diff stream; a plain `depth` is 250 ms. developers.binance.com and live use of 0 ms, 2026-11. */
const DEPTH_SPEEDS: readonly (readonly [name: string, intervalMs: number])[] = [
  ['depth@0ms', 0],
  ['depth@100ms', 100],
  ['depth', 250],
  ['depth@250ms', 250],
  ['depth@500ms', 500],
];

const MARK_PRICE_SPEEDS = [
  { name: 'markPrice', intervalMs: 3000 },
  { name: 'markPrice@1s', intervalMs: 1000 },
];

/** Ids come from the time, as if the market had always run: a market that is started again goes on above the last one. */
const UPDATE_IDS_PER_MS = 8;

/** One made-up symbol: a function of its seed and of the times at which it is stepped. */
export class SymbolMarket {
  readonly instrument: Instrument;
  readonly #tempo: Tempo;
  readonly #outlet: SymbolOutlet;
  readonly #random: Random;
  readonly #flow: OrderFlow;
  readonly #depthFeeds: readonly DepthFeed[];
  readonly #trades: TradeFeed;
  readonly #bars: BarFeed;
  readonly #markDueMs = MARK_PRICE_SPEEDS.map(() => 0);
  #top = '';
  #nowMs: number;

  constructor(
    instrument: Instrument,
    options: { seed: number; startTimeMs: number; tempo: Tempo },
    outlet: SymbolOutlet,
  ) {
    this.instrument = instrument;
    this.#tempo = options.tempo;
    this.#outlet = outlet;
    this.#nowMs = options.startTimeMs;
    this.#random = seededRandom(`${options.seed} ${instrument.symbol}`);
    const firstUpdateId = options.startTimeMs * UPDATE_IDS_PER_MS;
    this.#flow = new OrderFlow(
      instrument,
      { levels: options.tempo.levels, firstUpdateId, random: this.#random },
      {
        changed: (side, priceTicks, steps, id) => {
          for (const feed of this.#depthFeeds) feed.add(side, priceTicks, steps, id);
        },
        traded: (priceTicks, fills, isBuyerMaker) => this.#traded(priceTicks, fills, isBuyerMaker),
      },
    );
    this.#depthFeeds = DEPTH_SPEEDS.map(
      ([name, intervalMs]) => new DepthFeed(name, intervalMs, firstUpdateId),
    );
    this.#trades = new TradeFeed(this.#random, options.startTimeMs);
    this.#bars = new BarFeed(options.startTimeMs, instrument.firstPriceTicks * instrument.tickUnits);
  }

  /** One moment of the market. Bars end first: what is traded now belongs to the next one. */
  step(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#bars.roll(nowMs, (bar) => this.#sendBar(bar, true));
    const { eventsPerSecond, tradesPerSecond, changesPerEvent } = this.#tempo;
    this.#flow.step(changesPerEvent, this.#random.geometric(tradesPerSecond / eventsPerSecond));
    this.#sendBookTicker();
    for (const feed of this.#depthFeeds) this.#sendDepth(feed);
    this.#sendAggTrades();
    this.#bars.push(nowMs, (bar) => this.#sendBar(bar, false));
    this.#sendMarkPrices();
  }

  /** Price of the last fill, in units of the last price decimal. */
  get lastPriceUnits(): number {
    return this.#bars.lastPriceUnits;
  }

  /** The true book at this moment, its best `limit` levels a side. */
  depthBody(limit: number): Buffer {
    const { bids, asks, updateId } = this.#flow;
    const book = { lastUpdateId: updateId, bids: bids.top(limit), asks: asks.top(limit) };
    return Buffer.from(frames.depthBody(this.instrument, book, this.#nowMs));
  }

  book(): BookState {
    const { symbol, tickUnits, priceDecimals, quantityDecimals } = this.instrument;
    const plain = (ladder: PriceLadder): (readonly [string, string])[] =>
      ladder
        .top(ladder.size)
        .map(([ticks, steps]) => [
          unitsToDecimal(ticks * tickUnits, priceDecimals),
          unitsToDecimal(steps, quantityDecimals),
        ]);
    return {
      symbol,
      lastUpdateId: this.#flow.updateId,
      bids: plain(this.#flow.bids),
      asks: plain(this.#flow.asks),
    };
  }

  #send(name: string, id: number | undefined, payload: () => string): void {
    const { symbol } = this.instrument;
    const stream = `${symbol.toLowerCase()}@${name}`;
    if (!this.#outlet.isHeard(stream)) return;
    const head = `{"stream":"${stream}","data":`;
    const frame = Buffer.from(`${head}${payload()}}`);
    this.#outlet.send({ stream, symbol, frame, dataStart: Buffer.byteLength(head), id });
  }

  #traded(priceTicks: number, fills: readonly number[], isBuyerMaker: boolean): void {
    const priceUnits = priceTicks * this.instrument.tickUnits;
    for (const trade of this.#trades.trade(priceUnits, fills, isBuyerMaker, this.#nowMs))
      this.#sendTrade(trade);
  }

  #sendTrade(trade: SingleTrade): void {
    const fill: Fill | undefined = trade.fill;
    if (fill !== undefined) this.#bars.add(fill);
    this.#send('trade', trade.tradeId, () => frames.tradePayload(this.instrument, trade, this.#nowMs));
  }

  /** Once a moment, when the touch differs from what was last said: its id is the newest one the touch has seen. */
  #sendBookTicker(): void {
    const { bids, asks, updateId } = this.#flow;
    const bid: Level = bids.top(1)[0]!;
    const ask: Level = asks.top(1)[0]!;
    const top = `${bid.join(' ')} ${ask.join(' ')}`;
    if (top === this.#top) return;
    this.#top = top;
    this.#send('bookTicker', updateId, () =>
      frames.bookTickerPayload(this.instrument, { bid, ask, updateId }, this.#nowMs),
    );
  }

  #sendDepth(feed: DepthFeed): void {
    const batch = feed.take(this.#nowMs);
    if (batch === undefined) return;
    this.#send(feed.name, batch.finalUpdateId, () =>
      frames.depthPayload(this.instrument, batch, this.#nowMs),
    );
  }

  #sendAggTrades(): void {
    for (const trade of this.#trades.take(this.#nowMs)) {
      const { symbol } = this.instrument;
      const row = frames.aggTradeRow(this.instrument, trade);
      this.#outlet.history.addAggTrade(symbol, row);
      this.#send('aggTrade', trade.aggTradeId, () => frames.aggTradePayload(symbol, row, this.#nowMs));
    }
  }

  #sendBar(bar: Bar, isClosed: boolean): void {
    this.#outlet.history.putKline(
      this.instrument.symbol,
      bar.interval,
      frames.klineRow(this.instrument, bar),
    );
    this.#send(`kline_${bar.interval}`, bar.openTimeMs, () =>
      frames.klinePayload(this.instrument, bar, this.#nowMs, isClosed),
    );
  }

  #sendMarkPrices(): void {
    MARK_PRICE_SPEEDS.forEach(({ name, intervalMs }, index) => {
      if (this.#nowMs < this.#markDueMs[index]!) return;
      this.#markDueMs[index] = (Math.floor(this.#nowMs / intervalMs) + 1) * intervalMs;
      const { tickUnits, priceDecimals } = this.instrument;
      const markUnits = Math.round(this.#flow.midTicks * tickUnits * 10 ** (8 - priceDecimals));
      this.#send(name, undefined, () => frames.markPricePayload(this.instrument, markUnits, this.#nowMs));
    });
  }
}
