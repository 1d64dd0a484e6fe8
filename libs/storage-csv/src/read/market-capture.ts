import {
  decodeAggTrade,
  decodeBookTicker,
  decodeKline,
  decodeTrade,
  FrameError,
  FrameFields,
  scanFrame,
  type FrameKind,
} from '@org/binance-wire';
import { readCaptureLines } from '@org/storage';
import { captureOptions, type DepthCaptureOptions } from './depth-capture.ts';
import type { MarketRow } from './market-row.ts';

const NS_PER_US = 1000n;

/**
 * Hands over the trades, aggregate trades, bars and book tickers of a raw capture as the rows of files are; everything else,
 * depth too, is passed over. Throws `CaptureError`; lines and messages that are broken are told to `rejected`.
 */
export async function visitMarketCapture(
  path: string,
  symbol: string,
  visit: (row: MarketRow) => void,
  options: Required<Pick<DepthCaptureOptions, 'rejected'>>,
): Promise<void> {
  const fields = new FrameFields();
  for await (const lines of readCaptureLines(path, captureOptions(path, options))) {
    for (const { bytes, line, receivedAtNs } of lines) {
      try {
        const kind = scanFrame(bytes, fields);
        const row = decode(kind, fields, line, Number(receivedAtNs / NS_PER_US));
        if (row?.symbol === symbol) visit(row.row);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        options.rejected({ path, line, problem: error.message });
      }
    }
  }
}

function decode(
  kind: FrameKind,
  fields: FrameFields,
  line: number,
  receivedAtUs: number,
): { readonly symbol: string; readonly row: MarketRow } | undefined {
  const head = { line, receivedAtUs };
  switch (kind) {
    case 'aggTrade': {
      const { symbol, aggTradeId: id, firstTradeId, lastTradeId, tradeTimeMs } = decodeAggTrade(fields);
      const ids = { id, firstTradeId, lastTradeId };
      return { symbol, row: { kind: 'aggtrade', ...head, ...ids, tradeTimeMs, isRest: false } };
    }
    case 'trade': {
      const { symbol, tradeId: id, tradeTimeMs } = decodeTrade(fields);
      return { symbol, row: { kind: 'trade', ...head, id, tradeTimeMs, isRest: false } };
    }
    case 'bookTicker': {
      const { symbol, updateId: id, bidPrice, askPrice } = decodeBookTicker(fields);
      const prices = { bidPrice: Number(bidPrice), askPrice: Number(askPrice) };
      return { symbol, row: { kind: 'bookticker', ...head, id, ...prices } };
    }
    case 'kline':
      return bar(fields, head);
    default:
      return undefined;
  }
}

function bar(fields: FrameFields, head: { readonly line: number; readonly receivedAtUs: number }) {
  const { symbol, open, high, low, close, volume, takerBuyVolume, eventTimeMs, ...rest } =
    decodeKline(fields);
  const { interval, openTimeMs, closeTimeMs, isClosed, tradeCount, firstTradeId, lastTradeId } = rest;
  const row: MarketRow = {
    kind: 'kline',
    ...head,
    isRest: false,
    eventTimeMs,
    ...{ interval, openTimeMs, closeTimeMs, isClosed, tradeCount, firstTradeId, lastTradeId },
    ...{ open: Number(open), high: Number(high), low: Number(low), close: Number(close) },
    ...{ volume: Number(volume), takerBuyVolume: Number(takerBuyVolume) },
  };
  return { symbol, row };
}
