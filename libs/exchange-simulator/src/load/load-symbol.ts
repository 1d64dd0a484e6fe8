import { Buffer } from 'node:buffer';
import { unitsToDecimal } from '@org/market-data';
import type { Bar } from '../generated/bar.ts';
import { aggTradePayload, aggTradeRow, klinePayload } from '../generated/frames.ts';
import type { BookState, MessageOutlet, SymbolRules } from '../market-source.ts';
import type { DepthCycle, UnitLevel } from './depth-cycle.ts';
import { DepthFrames } from './depth-frames.ts';
import type { FrameArena } from './frame-arena.ts';
import { LOAD_INTERVAL, LoadBars } from './load-bars.ts';
import { LoadTrades } from './load-trades.ts';

/** What a load consists of. */
export type LoadKind = 'depth' | 'aggTrade' | 'kline';

/** Where a symbol's messages go, and the space that they are written in. */
export interface LoadOutlet extends Pick<MessageOutlet, 'isHeard' | 'send'> {
  readonly arena: FrameArena;
  /** A message of this kind is sent. */
  count(kind: LoadKind): void;
}

/** Each event goes to all of them that somebody hears: as if it was the only one in its interval. */
const DEPTH_SPEEDS = ['depth@0ms', 'depth@100ms', 'depth', 'depth@250ms', 'depth@500ms'];

/** Ids are counted from the time, so that an exchange that is started again goes on above; fourteen digits until 2168. */
const UPDATE_IDS_PER_MS = 16;

/** A text that goes into a frame between the quotes of its stream and the last brace. */
interface TextStream {
  readonly stream: string;
  readonly head: string;
}

function textStream(symbol: string, name: string): TextStream {
  const stream = `${symbol.toLowerCase()}@${name}`;
  return { stream, head: `{"stream":"${stream}","data":` };
}

/** One symbol of a load: a place in a cycle of books, trades and bars. It says what it is asked to, when it is heard. */
export class LoadSymbol {
  readonly rules: SymbolRules;
  readonly trades: LoadTrades;
  readonly bars: LoadBars;
  readonly #cycle: DepthCycle;
  readonly #outlet: LoadOutlet;
  readonly #depth: readonly DepthFrames[];
  readonly #aggTrade: TextStream;
  readonly #kline: TextStream;
  #position: number;
  #updateId: number;
  #nowMs: number;

  /** `position` is how many events of the cycle lie behind the first book. */
  constructor(symbol: string, cycle: DepthCycle, position: number, startTimeMs: number, outlet: LoadOutlet) {
    const { priceDecimals, quantityDecimals, tickSize, stepSize, midUnits } = cycle.shape;
    this.rules = { symbol, pair: symbol, priceDecimals, quantityDecimals, tickSize, stepSize };
    this.trades = new LoadTrades(cycle.shape, startTimeMs);
    this.bars = new LoadBars(this.rules, startTimeMs, midUnits);
    this.#cycle = cycle;
    this.#outlet = outlet;
    this.#depth = DEPTH_SPEEDS.map((speed) => new DepthFrames(symbol, speed));
    this.#aggTrade = textStream(symbol, 'aggTrade');
    this.#kline = textStream(symbol, `kline_${LOAD_INTERVAL}`);
    this.#position = position % cycle.length;
    this.#updateId = startTimeMs * UPDATE_IDS_PER_MS;
    this.#nowMs = startTimeMs;
  }

  get lastPriceUnits(): number {
    return this.bars.bar.close;
  }

  /** Says one thing of this kind, and tells how many messages that made: none when nobody hears it. */
  say(kind: LoadKind, nowMs: number): number {
    this.#nowMs = nowMs;
    if (kind === 'depth') return this.#sayDepth();
    return kind === 'aggTrade' ? this.#sayTrade() : this.#sayBar();
  }

  /** Ends the bar when its minute is over; how many messages that made. */
  roll(nowMs: number): number {
    this.#nowMs = nowMs;
    const isHeard = this.#outlet.isHeard(this.#kline.stream);
    let said = 0;
    this.bars.roll(nowMs, (bar) => {
      if (isHeard) said += this.#sendBar(bar, true);
    });
    return said;
  }

  /** Body of `GET depth`. */
  depthBody(limit: number): Buffer {
    const book = this.#cycle.book(this.#position);
    const [bids, asks] = [book.bids, book.asks].map((side) =>
      side.slice(0, limit).map((level) => this.#cycle.written(level)),
    );
    const [E, T] = [this.#nowMs + 1, this.#nowMs];
    return Buffer.from(JSON.stringify({ lastUpdateId: this.#updateId, E, T, bids, asks }));
  }

  book(): BookState {
    const { symbol, priceDecimals, quantityDecimals } = this.rules;
    const { bids, asks } = this.#cycle.book(this.#position);
    const plain = ([price, quantity]: UnitLevel): [string, string] => [
      unitsToDecimal(price, priceDecimals),
      unitsToDecimal(quantity, quantityDecimals),
    ];
    return { symbol, lastUpdateId: this.#updateId, bids: bids.map(plain), asks: asks.map(plain) };
  }

  /** The book moves on only when somebody hears it; one event may go to several streams. */
  #sayDepth(): number {
    const outlet = this.#outlet;
    let said = 0;
    const previousFinalUpdateId = this.#updateId;
    const event = this.#cycle.event(this.#position);
    const stamp = {
      eventTimeMs: this.#nowMs,
      firstUpdateId: previousFinalUpdateId + 1 + (this.#position & 3),
      finalUpdateId: previousFinalUpdateId + 4 + event.bids.length + event.asks.length,
      previousFinalUpdateId,
    };
    for (const frames of this.#depth) {
      if (!outlet.isHeard(frames.stream)) continue;
      outlet.send(frames.message(outlet.arena, event, stamp));
      outlet.count('depth');
      said++;
    }
    if (said === 0) return 0;
    this.#updateId = stamp.finalUpdateId;
    this.#position = (this.#position + 1) % this.#cycle.length;
    return said;
  }

  /** A trade happens when its own stream is heard, or the bars that are made of it. */
  #sayTrade(): number {
    const isHeard = this.#outlet.isHeard(this.#aggTrade.stream);
    if (!isHeard && !this.#outlet.isHeard(this.#kline.stream)) return 0;
    const trade = this.trades.add(this.#nowMs);
    this.bars.add(trade);
    if (!isHeard) return 0;
    const row = aggTradeRow(this.rules, trade);
    return this.#send(
      'aggTrade',
      this.#aggTrade,
      row.a,
      aggTradePayload(this.rules.symbol, row, this.#nowMs),
    );
  }

  /** A bar is pushed when it has changed: when it has not, there is a trade first. */
  #sayBar(): number {
    if (!this.#outlet.isHeard(this.#kline.stream)) return 0;
    const said = this.bars.hasChanged ? 0 : this.#sayTrade();
    return said + this.#sendBar(this.bars.take(), false);
  }

  #sendBar(bar: Bar, isClosed: boolean): number {
    const payload = klinePayload(this.rules, bar, this.#nowMs, isClosed);
    return this.#send('kline', this.#kline, bar.openTimeMs, payload);
  }

  #send(kind: LoadKind, { stream, head }: TextStream, id: number, payload: string): number {
    const text = `${head}${payload}}`;
    const dataStart = Buffer.byteLength(head);
    const frame = this.#outlet.arena.take(Buffer.byteLength(text));
    frame.write(text);
    this.#outlet.send({ stream, symbol: this.rules.symbol, frame, dataStart, id });
    this.#outlet.count(kind);
    return 1;
  }
}
