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
      if (message.type === 'snapshot') book.replaceWithRaw(message);
      else book.applyRaw(message);
      at = noteBestTicks(book, bests, at);
    };
    await visitDepthFile(path, apply, { scale: book });
  }
  return (side) => tickLevels(book, side);
}
