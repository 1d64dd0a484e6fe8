import { FrameFields, scanDepthSnapshot, scanDepthUnits } from '@org/binance-wire';
import { OrderBook } from '@org/orderbook';
import { CsvSink } from '@org/storage-csv';
import { recorderCandidate } from '../workload/recorder-candidate.mjs';
import { SinkBatches } from '../workload/sink-batches.mjs';
import { noteBestTicks, tickLevels } from '../workload/tick-levels.mjs';

const fields = new FrameFields();

/**
 * Frame, book and rows in one process: the frame is scanned for the book, and once more by the sink, which gets it as
 * the recorder's writer does, in batches.
 */
export function createCandidate(workload, scratch) {
  return recorderCandidate(workload, scratch, { form: 'ticks', record });
}

async function record(works, folder) {
  const sink = new CsvSink({ outputDir: folder });
  await sink.open();
  const batches = new SinkBatches();
  const books = [];
  let position = 0;
  for (const { symbol, events, decimals, trace } of works) {
    const book = new OrderBook({ priceDecimals: decimals.price, quantityDecimals: decimals.quantity });
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      apply(book, event);
      noteBestTicks(book, trace.bests, trace.bestOffset(index));
      const batch = batches.add(symbol, event);
      if (batch !== undefined) await sink.append(batch, ++position);
    }
    books.push({ trace, levels: (side) => tickLevels(book, side) });
  }
  await sink.append(batches.last(), ++position);
  await sink.commit();
  await sink.close();
  return books;
}

function apply(book, { type, bytes }) {
  if (type === 'diff') applyDiff(book, bytes);
  else {
    scanDepthSnapshot(bytes, fields);
    book.replaceWithOffsets(fields.bytes, fields.levels, fields.bidCount, fields.askCount);
  }
}

/** As the recorder's order-book manager does it. */
function applyDiff(book, frame) {
  const read = scanDepthUnits(frame, fields, book.priceDecimals, book.quantityDecimals);
  const { bytes, levels, units, bidCount, askCount } = fields;
  if (read === bidCount + askCount) book.applyTicks(units, bidCount, askCount);
  else book.applyOffsets(bytes, levels, bidCount, askCount);
}
