import { OrderBook } from '@org/orderbook';
import { visitDepthFile } from '@org/storage-csv';
import { readCandidate } from '../workload/read-candidate.mjs';
import { noteBestTicks, tickLevels } from '../workload/tick-levels.mjs';

/** Depth files into a book, with this workspace's reader. */
export function createCandidate(workload, scratch, { isCompressed = false }) {
  return readCandidate(workload, scratch, { isCompressed, form: 'ticks', read });
}

async function read(paths, { decimals, trace: { bests } }) {
  const book = new OrderBook({ priceDecimals: decimals.price, quantityDecimals: decimals.quantity });
  let at = 0;
  for (const path of paths) {
    const apply = (message) => {
      const { type, bytes, offsets, ticks, bidCount, askCount } = message;
      if (type !== 'diff') book.replaceWithOffsets(bytes, offsets, bidCount, askCount);
      else if (hasScaleOf(book, message)) book.applyTicks(ticks, bidCount, askCount);
      else book.applyOffsets(bytes, offsets, bidCount, askCount);
      at = noteBestTicks(book, bests, at);
    };
    await visitDepthFile(path, apply, { scale: book });
  }
  return (side) => tickLevels(book, side);
}

/** Whether the reader has read the levels to numbers of the book's decimals. */
function hasScaleOf(book, { priceDecimals, quantityDecimals }) {
  return priceDecimals === book.priceDecimals && quantityDecimals === book.quantityDecimals;
}
