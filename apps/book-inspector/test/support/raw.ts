import type { PriceLevel, RawLevels } from '@org/market-data';
import type { DepthMessage, RawDepth } from '@org/storage-csv';

/** A message as the reader hands it over. */
export function raw(message: DepthMessage): RawDepth {
  const { type, receivedAtUs, damagedRows } = message;
  if (type === 'snapshot') {
    const { lastUpdateId, eventTimeMs, transactionTimeMs, bids, asks } = message.snapshot;
    const ids = {
      firstUpdateId: lastUpdateId,
      finalUpdateId: lastUpdateId,
      previousFinalUpdateId: undefined,
    };
    const times = { receivedAtUs, eventTimeMs, transactionTimeMs };
    return { type, line: 1, isMixed: false, damagedRows, ...times, ...ids, ...rawLevels(bids, asks) };
  }
  const { bids, asks, ...head } = message.diff;
  return { type, line: 1, isMixed: false, receivedAtUs, damagedRows, ...head, ...rawLevels(bids, asks) };
}

function rawLevels(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): RawLevels {
  let text = '';
  const offsets: number[] = [];
  for (const part of [...bids, ...asks].flat()) {
    offsets.push(text.length, text.length + part.length);
    text += `${part},`;
  }
  return {
    bytes: Buffer.from(text),
    offsets: Int32Array.from(offsets),
    bidCount: bids.length,
    askCount: asks.length,
    ticks: new Float64Array(0),
    priceDecimals: -1,
    quantityDecimals: -1,
  };
}
