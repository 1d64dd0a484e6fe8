import { OrderBook } from 'tardis-dev';
import { CsvWriterFiles } from '../workload/csv-writer-files.mjs';
import { addRows } from '../workload/json-rows.mjs';
import { recorderCandidate } from '../workload/recorder-candidate.mjs';
import { noteBestTardis, tardisLevels } from '../workload/tardis-levels.mjs';

/** What such a recorder is usually made of: `JSON.parse`, tardis-dev's book, csv-writer in appends of 1000 rows. */
export function createCandidate(workload, scratch) {
  return recorderCandidate(workload, scratch, { form: 'decimals', record });
}

async function record(works, folder) {
  const files = new CsvWriterFiles(folder);
  const books = [];
  for (const { symbol, events, trace } of works) {
    const book = new OrderBook();
    if (events[0].type === 'diff') book.update({ isSnapshot: true, bids: [], asks: [] });
    for (let index = 0; index < events.length; index++) {
      const { type, bytes, receivedAtUs } = events[index];
      const message = type === 'diff' ? parseDiff(bytes) : parseSnapshot(bytes);
      book.update({
        isSnapshot: type === 'snapshot',
        bids: message.bids.map(toLevel),
        asks: message.asks.map(toLevel),
      });
      noteBestTardis(book, trace.bests, trace.bestOffset(index));
      const file = files.file(symbol, receivedAtUs);
      addRows(file.rows, [receivedAtUs, ...message.shared], message.bids, message.asks);
      await files.flush(file);
    }
    books.push({ trace, levels: (side) => tardisLevels(book, side) });
  }
  await files.close();
  return books;
}

function parseDiff(bytes) {
  const { E, T, U, u, pu, b, a } = JSON.parse(bytes.toString()).data;
  return { shared: [E, T, U, u, pu, 'diff'], bids: b, asks: a };
}

function parseSnapshot(bytes) {
  const { E, T, lastUpdateId, bids, asks } = JSON.parse(bytes.toString());
  return { shared: [E, T, undefined, lastUpdateId, undefined, 'snapshot'], bids, asks };
}

function toLevel([price, quantity]) {
  return { price: Number(price), amount: Number(quantity) };
}
