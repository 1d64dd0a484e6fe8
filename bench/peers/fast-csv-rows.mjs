import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { format } from 'fast-csv';
import { DEPTH_COLUMNS, depthFileName, fileCandidate } from '../workload/depth-files.mjs';
import { jsonRows } from '../workload/json-rows.mjs';

/** `JSON.parse`, an array a row, and fast-csv's formatter on a file stream. */
export function createCandidate({ symbols, ...rest }, scratch) {
  const work = symbols.map(({ symbol, events }) => ({ symbol, events }));
  return fileCandidate({ ...rest, symbols: work }, scratch, async (folder) => {
    const open = new Map();
    for (const { symbol, events } of work) {
      for (const event of events)
        await writeEvent(open, join(folder, depthFileName(symbol, event.receivedAtUs)), event);
    }
    for (const { formatter } of open.values()) formatter.end();
    await Promise.all([...open.values()].map(({ file }) => finished(file)));
  });
}

async function writeEvent(open, path, event) {
  const { formatter } = open.get(path) ?? openFile(open, path);
  const rows = [];
  jsonRows(event, rows);
  for (const row of rows) {
    if (!formatter.write(row)) await new Promise((resolve) => formatter.once('drain', resolve));
  }
}

function openFile(open, path) {
  const file = createWriteStream(path);
  const formatter = format({ headers: DEPTH_COLUMNS, includeEndRowDelimiter: true });
  formatter.pipe(file);
  open.set(path, { formatter, file });
  return open.get(path);
}
