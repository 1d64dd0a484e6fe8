/** How many events of each stream are in the files, to hold against what the exchange sent. */
import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';
import { visitDepthFile } from '@org/storage-csv';

/** By `<SYMBOL> <kind>`: depth messages without snapshots, rows of every other kind; and `diffs` and `levels` of all. */
export async function storedEvents(dataDir) {
  const counts = new Map();
  const folders = readdirSync(dataDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: symbol } of folders.filter(({ name }) => !name.startsWith('.'))) {
    for (const file of readdirSync(path.join(dataDir, symbol)).filter((name) => name.endsWith('.csv'))) {
      const kind = file.slice(0, file.indexOf('_'));
      const full = path.join(dataDir, symbol, file);
      const { events, levels = 0 } = kind === 'depth' ? await diffs(full) : await rows(full);
      add(counts, `${symbol} ${kind}`, events);
      if (kind === 'depth') add(counts, 'diffs', events);
      add(counts, 'levels', levels);
    }
  }
  return counts;
}

function add(counts, key, count) {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

async function diffs(file) {
  let [events, levels] = [0, 0];
  await visitDepthFile(file, ({ type, bidCount, askCount }) => {
    if (type !== 'diff') return;
    events++;
    levels += bidCount + askCount;
  });
  return { events, levels };
}

async function rows(file) {
  let lines = 0;
  for await (const chunk of createReadStream(file))
    for (let at = -1; (at = chunk.indexOf(10, at + 1)) >= 0;) lines++;
  return { events: Math.max(0, lines - 1) };
}
