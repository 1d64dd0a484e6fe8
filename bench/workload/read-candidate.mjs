import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CsvSink } from '@org/storage-csv';
import { BookTrace, writeBookEvidence } from './book-trace.mjs';
import { depthFiles } from './depth-files.mjs';
import { SinkBatches } from './sink-batches.mjs';

/**
 * A candidate of the read suite: depth files into a book, best bid and ask after every message. It is measured by
 * levels. The files are written once, by the recorder's own sink.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {string} scratch
 * @param {object} reader
 * @param {boolean} reader.isCompressed
 * @param {'ticks' | 'decimals'} reader.form
 * @param {(paths: string[], work: object) => Promise<(side: 'bid' | 'ask') => Iterable<number[]>>} reader.read reads the
 *   files of a symbol, in order, into `work.trace` and returns how to list the levels at the end
 * @returns {Promise<import('../harness/candidate.mjs').Candidate>}
 */
export async function readCandidate({ symbols, levels }, scratch, { isCompressed, form, read }) {
  await recordFiles(symbols, scratch);
  const names = isCompressed ? await compressFiles(scratch) : depthFiles(scratch);
  const works = symbols.map(({ symbol, decimals, events }) => ({
    symbol,
    decimals,
    paths: names.filter((name) => name.startsWith(join(symbol, '/'))).map((name) => join(scratch, name)),
    trace: new BookTrace(events.length, { keepsTops: false }),
  }));
  let books = [];
  const pass = async () => {
    books = [];
    for (const work of works) books.push({ trace: work.trace, levels: await read(work.paths, work) });
  };
  return {
    unitsPerPass: levels,
    isAsync: true,
    pass,
    async evidence(folder) {
      await pass();
      return writeBookEvidence(folder, works, books, form);
    },
  };
}

async function recordFiles(symbols, folder) {
  const sink = new CsvSink({ outputDir: folder });
  await sink.open();
  const batches = new SinkBatches();
  let position = 0;
  for (const { symbol, events } of symbols) {
    for (const event of events) {
      const batch = batches.add(symbol, event);
      if (batch !== undefined) await sink.append(batch, ++position);
    }
  }
  await sink.append(batches.last(), ++position);
  await sink.commit();
  await sink.close();
}

async function compressFiles(folder) {
  for (const name of depthFiles(folder)) {
    const path = join(folder, name);
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`));
    rmSync(path);
  }
  return depthFiles(folder);
}
