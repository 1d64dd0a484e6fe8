/*
 * Rows a second into PostgreSQL: server and sink on this machine, the server's settings as Debian ships them (fsync on).
 * `node libs/storage-postgres/bench/postgres.mjs`, after the build. Prints a table; `--json` prints the figures.
 */
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { PostgresSink } from '@org/storage-postgres';
import { findPostgres, startPostgres } from '../../../tools/test-servers/postgres.mjs';

const START_US = 1_767_323_045_000_000;
const RECORDS_PER_BATCH = 1_000;
const BATCHES_PER_COMMIT = 50;
const LEVELS_A_SIDE = 30;
const ROUNDS = 3;

/** `units` is what a record counts for, by name. */
const WORKLOADS = [
  { stream: 'BTCUSDT@aggTrade', records: 500_000, units: { 'aggTrade rows': 1 }, frame: aggTrade },
  { stream: 'BTCUSDT@bookTicker', records: 500_000, units: { 'bookTicker rows': 1 }, frame: bookTicker },
  {
    stream: 'BTCUSDT@depth@0ms',
    records: 50_000,
    units: { 'depth events, levels as arrays': 1, 'levels of these events': 2 * LEVELS_A_SIDE },
    frame: depth,
  },
  {
    stream: 'BTCUSDT@depth@0ms',
    levels: 'rows',
    records: 10_000,
    units: { 'levels as rows': 2 * LEVELS_A_SIDE },
    frame: depth,
  },
];

/**
 * Measures every workload; the best of some rounds counts. Resolves to `{ what, perSecond }` of each, and to undefined
 * where there is no server to start.
 */
export async function benchPostgres({ dir = tmpdir() } = {}) {
  if (findPostgres() === undefined) return undefined;
  const server = await startPostgres({ dir });
  try {
    const results = [];
    for (const [index, workload] of WORKLOADS.entries()) {
      const batches = makeBatches(workload);
      let best = 0;
      for (let round = 0; round < ROUNDS; round++)
        best = Math.max(best, await measure(server.url, `bench_${index}_${round}`, workload, batches));
      for (const [what, units] of Object.entries(workload.units))
        results.push({ what, perSecond: Math.round(best * units) });
    }
    return results;
  } finally {
    await server.stop();
  }
}

/** Records a second, commits included. */
async function measure(url, schema, { levels = 'arrays', records }, batches) {
  const sink = new PostgresSink({ url, schema, levels });
  await sink.open();
  // The first rows of a table make its partitions.
  await sink.append(batches[0], 1);
  await sink.commit();
  const start = process.hrtime.bigint();
  let position = 1;
  for (const batch of batches.slice(1)) {
    await sink.append(batch, ++position);
    if (position % BATCHES_PER_COMMIT === 0) await sink.commit();
  }
  await sink.commit();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { rejected, duplicates, strays } = sink.stats();
  await sink.close();
  if (rejected + duplicates + strays > 0)
    throw new Error(`${rejected} rejected, ${duplicates} duplicates, ${strays} strays`);
  return (records - RECORDS_PER_BATCH) / seconds;
}

function makeBatches({ stream, records, frame }) {
  const batches = [];
  for (let first = 0; first < records; first += RECORDS_PER_BATCH) {
    const builder = new RecordBatchBuilder(512 * 1024);
    for (let id = first; id < first + RECORDS_PER_BATCH; id++) {
      const receivedAtUs = START_US + id * 100;
      const meta = { type: RECORD_TYPE.frame, stream, receivedAtUs, line: 0, connectionId: 1 };
      builder.append(meta, Buffer.from(frame(id, Math.floor(receivedAtUs / 1000))));
    }
    batches.push(builder.take());
  }
  return batches;
}

const enveloped = (stream, data) => JSON.stringify({ stream: stream.replace('BTCUSDT', 'btcusdt'), data });
const price = (id) => `${60_000 + (id % 1000)}.${id % 10}0`;
const quantity = (id) => `0.${100 + (id % 900)}`;

function aggTrade(id, ms) {
  const ids = { a: 3_000_000_000 + id, s: 'BTCUSDT', p: price(id), q: quantity(id), nq: quantity(id) };
  const rest = { f: 7_000_000_000 + 2 * id, l: 7_000_000_001 + 2 * id, T: ms - 2, m: id % 2 === 0 };
  return enveloped('BTCUSDT@aggTrade', { e: 'aggTrade', E: ms, ...ids, ...rest });
}

function bookTicker(id, ms) {
  const sides = { b: price(id), B: quantity(id), a: price(id + 1), A: quantity(id + 7) };
  return enveloped('BTCUSDT@bookTicker', {
    e: 'bookTicker',
    u: id,
    s: 'BTCUSDT',
    ...sides,
    T: ms - 2,
    E: ms,
  });
}

function depth(id, ms) {
  const side = (first) =>
    Array.from({ length: LEVELS_A_SIDE }, (_, level) => [price(first + level), quantity(first * level)]);
  const ids = { U: id * 10, u: id * 10 + 9, pu: id * 10 - 1 };
  return enveloped('BTCUSDT@depth@0ms', {
    e: 'depthUpdate',
    E: ms,
    T: ms - 2,
    s: 'BTCUSDT',
    ...ids,
    b: side(id),
    a: side(id + 40),
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = await benchPostgres();
  if (results === undefined) console.error('skipped: no PostgreSQL here (apt-get install postgresql)');
  else if (process.argv.includes('--json')) console.log(JSON.stringify(results));
  else
    for (const { what, perSecond } of results)
      console.log(`${what.padEnd(32)} ${perSecond.toLocaleString('en')} /s`);
}
