#!/usr/bin/env node
// Points a second that the sink brings into an influxd on the same machine, commits and their state included:
// `node libs/storage-influx/bench/influx.bench.mjs [--points 300000]`. Needs the build, and Debian's package influxdb.
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { InfluxSink } from '@org/storage-influx';
import { parseArgs } from 'node:util';
import { findInflux, INFLUX_MISSING, startInflux } from '../../../tools/test-servers/influx.mjs';

/** What the recorder appends together. */
const BATCH_BYTES = 4 * 1024 * 1024;
const SYMBOLS = Array.from({ length: 20 }, (_, index) => `COIN${index}USDT`);
const START_MS = Date.UTC(2026, 0, 2, 12);
/** As long as the state of a merge of a few hundred streams. */
const STATE = JSON.stringify(
  Array.from({ length: 4000 }, (_, index) => [`COIN${index}USDT@aggTrade`, index ** 3, null]),
);

const { values } = parseArgs({ options: { points: { type: 'string', default: '300000' } } });
const count = Number(values.points);

const price = (index) => (60_000 + (index % 997) / 10).toFixed(2);

const WORKLOADS = [
  {
    name: 'aggTrade',
    stream: 'aggTrade',
    event: (s, ms, id) => ({
      e: 'aggTrade', E: ms + 3, a: id, s, p: price(id), q: '0.125', nq: '0.125', f: id, l: id + 1, T: ms, m: id % 3 === 0,
    }),
  },
  {
    name: 'bookTicker',
    stream: 'bookTicker',
    event: (s, ms, id) => ({
      e: 'bookTicker', u: id * 7, s, b: price(id), B: '1.250', a: price(id + 1), A: '0.314', T: ms, E: ms + 3,
    }),
  },
  {
    name: 'book, 20 levels',
    stream: 'depth@0ms',
    type: RECORD_TYPE.bookSnapshot,
    pointsPerRecord: 20,
    event: (symbol, ms, id) => {
      const levels = Array.from({ length: 20 }, (_, level) => [price(id + level), '1.250']);
      return { symbol, eventTimeMs: ms, lastUpdateId: id, bids: levels, asks: levels };
    },
  },
]; // prettier-ignore

/** Batches as a follower of the journal appends them, made before anything is measured. */
function batchesOf({ stream, event, type = RECORD_TYPE.frame, pointsPerRecord = 1 }) {
  const batches = [];
  let builder = new RecordBatchBuilder(BATCH_BYTES + 64 * 1024);
  for (let index = 0; index < count / pointsPerRecord; index++) {
    const symbol = SYMBOLS[index % SYMBOLS.length];
    const ms = START_MS + Math.floor(index / 40);
    const data = event(symbol, ms, index);
    const payload = type === RECORD_TYPE.frame ? { stream: `${symbol.toLowerCase()}@${stream}`, data } : data;
    const meta = {
      type,
      stream: `${symbol}@${stream}`,
      receivedAtUs: ms * 1000 + (index % 1000),
      line: 0,
      connectionId: 1,
    };
    builder.append(meta, Buffer.from(JSON.stringify(payload)));
    if (builder.byteLength >= BATCH_BYTES) batches.push(builder.take());
  }
  batches.push(builder.take());
  return batches;
}

async function measure(server, workload) {
  const batches = batchesOf(workload);
  const database = workload.name.replace(/\W+/g, '_');
  const sink = new InfluxSink({ url: server.url, target: { database } });
  await sink.open();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (const [index, batch] of batches.entries()) {
    await sink.append(batch, index + 1);
    await sink.commit(STATE);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { rows, bytes, rejected } = sink.stats();
  await sink.close();
  if (rows !== count || rejected > 0)
    throw new Error(`expected ${count} points, were ${rows}, ${rejected} rejected`);
  const perPoint = ((user + system) / rows).toFixed(1);
  console.log(
    `influx ${workload.name}: ${Math.round(rows / seconds).toLocaleString('en')} points/s ` +
      `(${rows.toLocaleString('en')} points, ${Math.round(bytes / rows)} bytes each, ${perPoint} µs of CPU in the sink)`,
  );
}

if (findInflux() === undefined) {
  console.log(`skipped: ${INFLUX_MISSING}`);
} else {
  const server = await startInflux();
  try {
    for (const workload of WORKLOADS) await measure(server, workload);
  } finally {
    await server.stop();
  }
}
