import { fixedDecimal } from '../decimal-text.ts';
import type { SymbolRules } from '../market-source.ts';
import type { AggTradeRow, KlineRow } from '../trade-history.ts';
import type { Bar } from './bar.ts';
import type { DepthBatch } from './depth-feed.ts';
import type { Instrument } from './instrument.ts';
import type { Level } from './price-ladder.ts';
import type { AggregateTrade, SingleTrade } from './trade-feed.ts';

/*
 * Payloads in the key order of the wire in late 2026 (frames published by other recorders, 2026-07 to 2026-10). `st` 1
 * is USDⓈ-M, `ps` the pair. Everything is plain ASCII but the symbol, which JSON carries as it is.
 */

function price(instrument: SymbolRules, units: number): string {
  return fixedDecimal(units, instrument.priceDecimals);
}

function quantity(instrument: SymbolRules, steps: number | bigint): string {
  return fixedDecimal(steps, instrument.quantityDecimals);
}

function levels(instrument: Instrument, rows: Iterable<Level>): string {
  let text = '';
  for (const [ticks, steps] of rows) {
    text += `${text === '' ? '' : ','}["${price(instrument, ticks * instrument.tickUnits)}","${quantity(instrument, steps)}"]`;
  }
  return `[${text}]`;
}

/** Within a message the exchange sorts the levels of both sides by price, upwards. */
function sorted(changes: ReadonlyMap<number, number>): Level[] {
  return [...changes].sort((a, b) => a[0] - b[0]);
}

export function depthPayload(instrument: Instrument, batch: DepthBatch, eventTimeMs: number): string {
  const { symbol, pair } = instrument;
  return (
    `{"e":"depthUpdate","E":${eventTimeMs + 1},"T":${eventTimeMs},"s":"${symbol}","ps":"${pair}",` +
    `"U":${batch.firstUpdateId},"u":${batch.finalUpdateId},"pu":${batch.previousFinalUpdateId},` +
    `"b":${levels(instrument, sorted(batch.bids))},"a":${levels(instrument, sorted(batch.asks))},"st":1}`
  );
}

/** Body of `GET depth`; it does not name its symbol. */
export function depthBody(
  instrument: Instrument,
  book: { readonly lastUpdateId: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] },
  timeMs: number,
): string {
  return (
    `{"lastUpdateId":${book.lastUpdateId},"E":${timeMs + 3},"T":${timeMs},` +
    `"bids":${levels(instrument, book.bids)},"asks":${levels(instrument, book.asks)}}`
  );
}

export function bookTickerPayload(
  instrument: Instrument,
  top: { bid: Level; ask: Level; updateId: number },
  timeMs: number,
): string {
  const at = (level: Level): readonly [string, string] => [
    price(instrument, level[0] * instrument.tickUnits),
    quantity(instrument, level[1]),
  ];
  const [b, B] = at(top.bid);
  const [a, A] = at(top.ask);
  return (
    `{"e":"bookTicker","u":${top.updateId},"s":"${instrument.symbol}","ps":"${instrument.pair}",` +
    `"b":"${b}","B":"${B}","a":"${a}","A":"${A}","T":${timeMs},"E":${timeMs + 1},"st":1}`
  );
}

/** An aggregate as REST gives it; the stream carries the same texts. */
export function aggTradeRow(instrument: SymbolRules, trade: AggregateTrade): Required<AggTradeRow> {
  const q = quantity(instrument, trade.quantitySteps);
  return {
    a: trade.aggTradeId,
    p: price(instrument, trade.priceUnits),
    q,
    nq: q,
    f: trade.firstTradeId,
    l: trade.lastTradeId,
    T: trade.tradeTimeMs,
    m: trade.isBuyerMaker,
  };
}

export function aggTradePayload(symbol: string, row: Required<AggTradeRow>, eventTimeMs: number): string {
  return (
    `{"e":"aggTrade","E":${eventTimeMs},"a":${row.a},"s":"${symbol}","p":"${row.p}","q":"${row.q}","nq":"${row.nq}",` +
    `"f":${row.f},"l":${row.l},"T":${row.T},"m":${row.m},"st":1}`
  );
}

export function tradePayload(instrument: Instrument, trade: SingleTrade, timeMs: number): string {
  const { fill } = trade;
  const p = fill === undefined ? '0' : price(instrument, fill.priceUnits);
  const q = fill === undefined ? '0' : quantity(instrument, fill.quantitySteps);
  return (
    `{"e":"trade","E":${timeMs + 1},"T":${timeMs},"s":"${instrument.symbol}","t":${trade.tradeId},"p":"${p}","q":"${q}",` +
    `"X":"${fill === undefined ? 'NA' : 'MARKET'}","m":${fill?.isBuyerMaker ?? true},"st":1}`
  );
}

/** The columns of a bar, as REST gives them; the stream carries the same texts. */
export function klineRow(instrument: SymbolRules, bar: Bar): KlineRow {
  const turnover = (units: bigint): string =>
    fixedDecimal(units, instrument.priceDecimals + instrument.quantityDecimals);
  return [
    bar.openTimeMs,
    price(instrument, bar.open),
    price(instrument, bar.high),
    price(instrument, bar.low),
    price(instrument, bar.close),
    quantity(instrument, bar.volume),
    bar.nextOpenTimeMs - 1,
    turnover(bar.quoteVolume),
    bar.count,
    quantity(instrument, bar.takerBuyVolume),
    turnover(bar.takerBuyQuoteVolume),
    '0',
  ];
}

/** The blanks behind the first commas inside `k` are the exchange's own: frames of 2026-07. */
export function klinePayload(
  instrument: SymbolRules,
  bar: Bar,
  eventTimeMs: number,
  isClosed: boolean,
): string {
  const [t, o, h, l, c, v, T, q, n, V, Q, B] = klineRow(instrument, bar);
  const { symbol } = instrument;
  return (
    `{"e":"kline","E":${eventTimeMs},"s":"${symbol}","k":{"t":${t}, "T":${T}, "s":"${symbol}", "i":"${bar.interval}", ` +
    `"f":${bar.firstTradeId}, "L":${bar.lastTradeId}, "o":"${o}","c":"${c}","h":"${h}","l":"${l}","v":"${v}","n":${n},` +
    `"x":${isClosed},"q":"${q}","V":"${V}","Q":"${Q}","B":"${B}"}}`
  );
}

const FUNDING_INTERVAL_MS = 8 * 3_600_000;

/** `markUnits` is in units of `10^-8`; `T` is the time of the next funding, not of the event. */
export function markPricePayload(instrument: Instrument, markUnits: number, eventTimeMs: number): string {
  const mark = fixedDecimal(markUnits, 8);
  const nextFunding = (Math.floor(eventTimeMs / FUNDING_INTERVAL_MS) + 1) * FUNDING_INTERVAL_MS;
  return (
    `{"e":"markPriceUpdate","E":${eventTimeMs},"s":"${instrument.symbol}","p":"${mark}","ap":"${mark}","P":"${mark}",` +
    `"i":"${mark}","r":"0.00010000","T":${nextFunding},"st":1}`
  );
}
