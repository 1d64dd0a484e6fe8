/**
 * What a record costs in the merge, and a state of 2,000 streams. Run it after a build:
 * `node libs/continuity/bench/merge.bench.mjs` from the workspace root.
 */
import { StreamMerge } from '@org/continuity';
import { RECORD_TYPE, RecordBatchBuilder, readRecordBatch } from '@org/storage';

const BATCH_BYTES = 64 * 1024;
const EVENTS = 40_000;
const SYMBOLS = 20;
const WARM_UP_ROUNDS = 5;
const ROUNDS = 15;
const START_US = 1_790_000_000_000_000;

const levels = Array.from({ length: 45 }, (_, n) => `["${86000 + n}.10","${n}.015"]`);
const sides = `"b":[${levels.slice(0, 23)}],"a":[${levels.slice(23)}]`;

function frame(symbol, pu, u) {
  const data = `{"e":"depthUpdate","E":1790000000000,"T":1790000000000,"s":"S${symbol}USDT","U":${pu + 1},"u":${u},"pu":${pu},${sides}}`;
  return Buffer.from(`{"stream":"s${symbol}usdt@depth@0ms","data":${data}}`);
}

/** Batches of one line; ids and times go on from event to event, 100 us apart. */
function batches(line, delayUs) {
  const builder = new RecordBatchBuilder(BATCH_BYTES);
  const made = [];
  for (let n = 0; n < EVENTS; n++) {
    const symbol = n % SYMBOLS;
    const u = 11_000_000_000_000 + Math.floor(n / SYMBOLS) * 10;
    const stream = `S${symbol}USDT@depth@0ms`;
    const receivedAtUs = START_US + n * 100 + delayUs;
    const meta = {
      type: RECORD_TYPE.frame,
      stream,
      receivedAtUs,
      line,
      connectionId: 1,
      order: u,
      follows: u - 10,
    };
    builder.append(meta, frame(symbol, u - 10, u));
    if (builder.byteLength >= BATCH_BYTES)
      made.push({ lane: `line-${line}`, epoch: 1, payload: builder.take() });
  }
  return made;
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function measure(name, entries, records, run) {
  const costs = [];
  for (let round = 0; round < WARM_UP_ROUNDS; round++) run(entries);
  for (let round = 0; round < ROUNDS; round++) {
    const beganAtMs = performance.now();
    run(entries);
    costs.push(((performance.now() - beganAtMs) * 1000) / records);
  }
  console.log(`${name}: ${median(costs).toFixed(3)} us a record (median of ${ROUNDS})`);
}

const ignore = () => {};
const read = (entries) => entries.forEach(({ payload }) => readRecordBatch(payload, ignore));
const merge = (entries) => {
  const merged = new StreamMerge();
  for (const entry of entries) merged.take(entry);
  const { events, gaps, duplicates, switches } = merged.stats();
  if (gaps + switches > 0 || events < EVENTS * 0.95) throw new Error(`merged ${events} events, ${gaps} gaps`);
  return duplicates;
};

const one = batches(0, 0);
const other = batches(1, 300);
const behind = one.flatMap((entry, at) => [entry, other[at]]);
const ahead = one.flatMap((entry, at) => [other[at], entry]).slice(1);
const records = one.length * Math.floor(EVENTS / one.length);
console.log(`${one.length} batches of ${Math.round(EVENTS / one.length)} records a line`);
measure('reading the batches alone', one, records, read);
measure('1 line', one, records, merge);
measure('2 lines, the lead first', behind, 2 * records, merge);
measure('2 lines, the other first (everything of it is held for a while)', ahead, 2 * records, merge);

const many = new StreamMerge();
for (let n = 0; n < 2000; n++) {
  const builder = new RecordBatchBuilder(1024);
  const stream = `SYMBOL${n}USDT@depth@0ms`;
  const meta = {
    type: RECORD_TYPE.frame,
    stream,
    receivedAtUs: START_US,
    line: 0,
    connectionId: 1,
    order: 11_000_000_000_000,
  };
  for (const lane of ['line-0', 'line-1']) {
    builder.append({ ...meta, follows: 10_999_999_999_990 }, Buffer.from('{}'));
    many.take({ lane, epoch: 1, payload: builder.take() });
  }
}
const times = Array.from({ length: 51 }, () => {
  const beganAtMs = performance.now();
  many.state();
  return performance.now() - beganAtMs;
});
console.log(
  `state of 2000 streams of 2 sources: ${many.state().length} characters, ${median(times).toFixed(2)} ms`,
);
