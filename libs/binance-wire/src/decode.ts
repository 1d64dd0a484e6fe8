import type {
  AggTrade,
  BookTicker,
  DecimalText,
  DepthDiff,
  DepthSnapshot,
  Kline,
  MarkPrice,
  PriceLevel,
  Trade,
} from '@org/market-data';
import type { FrameFields } from './frame-fields.ts';
import { INTEGERS_PER_LEVEL } from './frame-fields.ts';
import { decimalEnd } from './level-scan.ts';
import { locateLevels } from './locate-levels.ts';
import { SLOT } from './slot.ts';
import { decodeUtf8 } from './utf8.ts';

/** A price or quantity: a plain unsigned decimal, never another text in the place of one. */
function decimal(fields: FrameFields, slot: number): DecimalText {
  const text = fields.text(slot);
  if (decimalEnd(fields.bytes, fields.starts[slot]!) !== fields.ends[slot]) {
    throw fields.error(slot, 'a plain unsigned decimal');
  }
  return text;
}

function textOrUndefined(fields: FrameFields, slot: number): string | undefined {
  return fields.has(slot) ? fields.text(slot) : undefined;
}

function flag(fields: FrameFields, slot: number): boolean {
  const text = fields.text(slot);
  if (text !== 'true' && text !== 'false') throw fields.error(slot, 'true or false');
  return text === 'true';
}

function levels(fields: FrameFields, first: number, count: number): PriceLevel[] {
  const { bytes, levels: offsets } = fields;
  const text = (at: number) => decodeUtf8(bytes, offsets[at]!, offsets[at + 1]!);
  return Array.from({ length: count }, (_, index) => {
    const at = (first + index) * INTEGERS_PER_LEVEL;
    return [text(at), text(at + 2)];
  });
}

function sides(fields: FrameFields): Pick<DepthDiff, 'bids' | 'asks'> {
  locateLevels(fields);
  return {
    bids: levels(fields, 0, fields.bidCount),
    asks: levels(fields, fields.bidCount, fields.askCount),
  };
}

/**
 * A `depthUpdate`. This decoder and those below throw FrameError when a field that the type promises is missing or
 * is not what it must be, and expect the fields of the last scan.
 */
export function decodeDepthDiff(fields: FrameFields): DepthDiff {
  return {
    symbol: fields.text(SLOT.s),
    eventTimeMs: fields.integer(SLOT.E),
    transactionTimeMs: fields.integerOrUndefined(SLOT.T),
    firstUpdateId: fields.integer(SLOT.U),
    finalUpdateId: fields.integer(SLOT.u),
    previousFinalUpdateId: fields.integerOrUndefined(SLOT.pu),
    ...sides(fields),
  };
}

/** After {@link scanDepthSnapshot}; only COIN-M names the symbol in the body, so the caller does. */
export function decodeDepthSnapshot(fields: FrameFields, symbol: string): DepthSnapshot {
  return {
    symbol,
    lastUpdateId: fields.integer(SLOT.lastUpdateId),
    eventTimeMs: fields.integerOrUndefined(SLOT.E),
    transactionTimeMs: fields.integerOrUndefined(SLOT.T),
    ...sides(fields),
  };
}

/** An `aggTrade`. */
export function decodeAggTrade(fields: FrameFields): AggTrade {
  return {
    symbol: fields.text(SLOT.s),
    eventTimeMs: fields.integer(SLOT.E),
    aggTradeId: fields.integer(SLOT.a),
    price: decimal(fields, SLOT.p),
    quantity: decimal(fields, SLOT.q),
    normalQuantity: fields.has(SLOT.nq) ? decimal(fields, SLOT.nq) : undefined,
    firstTradeId: fields.integer(SLOT.f),
    lastTradeId: fields.integer(SLOT.l),
    tradeTimeMs: fields.integer(SLOT.T),
    isBuyerMaker: flag(fields, SLOT.m),
  };
}

/** A `kline`, from its bar `k`; the symbol is the event's. */
export function decodeKline(fields: FrameFields): Kline {
  return {
    symbol: fields.text(SLOT.s),
    eventTimeMs: fields.integer(SLOT.E),
    openTimeMs: fields.integer(SLOT['k.t']),
    closeTimeMs: fields.integer(SLOT['k.T']),
    interval: fields.text(SLOT['k.i']),
    firstTradeId: fields.integer(SLOT['k.f']),
    lastTradeId: fields.integer(SLOT['k.L']),
    open: decimal(fields, SLOT['k.o']),
    high: decimal(fields, SLOT['k.h']),
    low: decimal(fields, SLOT['k.l']),
    close: decimal(fields, SLOT['k.c']),
    volume: decimal(fields, SLOT['k.v']),
    quoteVolume: decimal(fields, SLOT['k.q']),
    takerBuyVolume: decimal(fields, SLOT['k.V']),
    takerBuyQuoteVolume: decimal(fields, SLOT['k.Q']),
    tradeCount: fields.integer(SLOT['k.n']),
    isClosed: flag(fields, SLOT['k.x']),
    ignore: fields.text(SLOT['k.B']),
  };
}

/** A `bookTicker`; spot sends neither `E` nor `T`. */
export function decodeBookTicker(fields: FrameFields): BookTicker {
  return {
    symbol: fields.text(SLOT.s),
    updateId: fields.integer(SLOT.u),
    bidPrice: decimal(fields, SLOT.b),
    bidQuantity: decimal(fields, SLOT.B),
    askPrice: decimal(fields, SLOT.a),
    askQuantity: decimal(fields, SLOT.A),
    eventTimeMs: fields.integerOrUndefined(SLOT.E),
    transactionTimeMs: fields.integerOrUndefined(SLOT.T),
  };
}

/** A `trade`; placeholders with price and quantity 0 are decoded like any other. */
export function decodeTrade(fields: FrameFields): Trade {
  return {
    symbol: fields.text(SLOT.s),
    eventTimeMs: fields.integer(SLOT.E),
    tradeId: fields.integer(SLOT.t),
    price: decimal(fields, SLOT.p),
    quantity: decimal(fields, SLOT.q),
    tradeTimeMs: fields.integer(SLOT.T),
    isBuyerMaker: flag(fields, SLOT.m),
    executionType: textOrUndefined(fields, SLOT.X),
  };
}

/** A `markPriceUpdate`. Rates and prices stay texts: the rate can be negative, and COIN-M sends an empty one for delivery contracts. */
export function decodeMarkPrice(fields: FrameFields): MarkPrice {
  return {
    symbol: fields.text(SLOT.s),
    eventTimeMs: fields.integer(SLOT.E),
    markPrice: fields.text(SLOT.p),
    averagePrice: textOrUndefined(fields, SLOT.ap),
    indexPrice: fields.text(SLOT.i),
    estimatedSettlePrice: textOrUndefined(fields, SLOT.P),
    fundingRate: fields.text(SLOT.r),
    nextFundingTimeMs: fields.integer(SLOT.T),
  };
}
