/** How many events of each stream are in the files, to hold against what the exchange sent. */
import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';
import { visitDepthFile } from '@org/storage-csv';

/** By `<SYMBOL> <kind>`: depth messages without snapshots, rows of every other kind. */
export async function storedEvents(dataDir) {
  const counts = new Map();
  const folders = readdirSync(dataDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: symbol } of folders.filter(({ name }) => !name.startsWith('.'))) {
    for (const file of readdirSync(path.join(dataDir, symbol)).filter((name) => name.endsWith('.csv'))) {
      const kind = file.slice(0, file.indexOf('_'));
      const full = path.join(dataDir, symbol, file);
      const count = kind === 'depth' ? await depthMessages(full) : await rows(full);
      const key = `${symbol} ${kind}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return counts;
}

async function depthMessages(file) {
  let messages = 0;
  await visitDepthFile(file, ({ type }) => {
    if (type === 'diff') messages++;
  });
  return messages;
}

async function rows(file) {
  let lines = 0;
  for await (const chunk of createReadStream(file)) for (let at = -1; (at = chunk.indexOf(10, at + 1)) >= 0;) lines++;
  return Math.max(0, lines - 1);
}
