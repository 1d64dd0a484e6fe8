import { CsvWriterFiles } from '../workload/csv-writer-files.mjs';
import { fileCandidate } from '../workload/depth-files.mjs';
import { addObjectRows, addRows, jsonRows } from '../workload/json-rows.mjs';

/** `JSON.parse`, an array or an object a row, and csv-writer. */
export function createCandidate({ symbols, ...rest }, scratch, { areObjects = false }) {
  const add = areObjects ? addObjectRows : addRows;
  const work = symbols.map(({ symbol, events }) => ({ symbol, events }));
  return fileCandidate({ ...rest, symbols: work }, scratch, async (folder) => {
    const files = new CsvWriterFiles(folder, areObjects);
    for (const { symbol, events } of work) {
      for (const event of events) {
        const file = files.file(symbol, event.receivedAtUs);
        jsonRows(event, file.rows, add);
        await files.flush(file);
      }
    }
    await files.close();
  });
}
