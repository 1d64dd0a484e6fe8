/*
 * CPU time from received depth frames to rows in a file, against csv-writer. Needs the build; from the workspace root:
 *
 *   npx tsc -b libs/storage-csv/tsconfig.lib.json
 *   node libs/storage-csv/bench/rows.bench.mjs [capture.gz | levels a message] [messages]
 *
 * Everybody gets the frames as they were received; csv-writer, with JSON.parse, appends 1000 rows or more at a time, as
 * arrays and as objects. All files are checked to be equal first. Figures are CPU time of this
 * process, of user and system, since other work on the machine changes wall time; rounds alternate.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RecordBatchBuilder } from '@org/storage';
import { CsvSink, readDepthFile } from '@org/storage-csv';
import { createArrayCsvWriter, createObjectCsvWriter } from 'csv-writer';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;
const ROWS_PER_APPEND = 1000;
const BATCH_BYTES = 256 * 1024;
const RECEIVED_AT_US = 1_787_592_539_600_000;
const CAPTURE = '../shared/data/usdm-2024-07-18/btcusdt_20240719.gz';
const HEADER = [
  'local_time',
  'event_time',
  'transaction_time',
  'first_update_id',
  'final_update_id',
  'prev_final_update_id',
  'update_type',
  'side',
  'price',
  'quantity',
];

const argument = process.argv[2] ?? (existsSync(CAPTURE) ? CAPTURE : '68');
const messagesMax = Number(process.argv[3] ?? 3000);

function recordedFrames(capture) {
  const lines = gunzipSync(readFileSync(capture)).toString('latin1').split('\n');
  const depth = lines.filter((line) => line.includes('"depthUpdate"')).slice(0, messagesMax);
  return depth.map((line) => Buffer.from(line.slice(line.indexOf(' ') + 1), 'latin1'));
}

function generatedFrames(levels) {
  const level = (index) => [`${60_000 + index}.${index % 10}0`, `${index % 50}.${100 + (index % 900)}`];
  return Array.from({ length: messagesMax }, (_, number) => {
    const u = 11_377_001_557_469 + number * 20;
    const side = (from) =>
      Array.from({ length: levels / 2 }, (_, index) => level(from + index * 7 + (number % 13)));
    const data = { e: 'depthUpdate', E: 1787592539515 + number, T: 1787592539514 + number, s: 'BTCUSDT', U: u - 19, u, pu: u - 20, b: side(0), a: side(500), st: 1 }; // prettier-ignore
    return Buffer.from(JSON.stringify({ stream: 'btcusdt@depth@0ms', data }));
  });
}

const frames = argument.endsWith('.gz') ? recordedFrames(argument) : generatedFrames(Number(argument));

/** Calls `visit(head, side, price, quantity)` for every level. */
function eachLevel(frame, index, visit) {
  const { E, T, U, u, pu, b, a } = JSON.parse(frame.toString()).data;
  const head = [RECEIVED_AT_US + index, E, T, U, u, pu, 'diff'];
  for (const [price, quantity] of b) visit(head, 'bid', price, quantity);
  for (const [price, quantity] of a) visit(head, 'ask', price, quantity);
  if (b.length + a.length === 0) visit(head, '', '', '');
}

let rows = 0;
frames.forEach((frame, index) => eachLevel(frame, index, () => rows++));

const batches = [];
const builder = new RecordBatchBuilder(BATCH_BYTES);
const meta = { type: 1, stream: 'BTCUSDT@depth@0ms', line: 0, connectionId: 1 };
frames.forEach((frame, index) => {
  builder.append({ ...meta, receivedAtUs: RECEIVED_AT_US + index }, frame);
  if (builder.byteLength >= BATCH_BYTES) batches.push(builder.take());
});
batches.push(builder.take());

const DEPTH_FILE = 'BTCUSDT/depth_2026-08-24.csv';

async function withSink(folder) {
  const sink = new CsvSink({ outputDir: folder });
  await sink.open();
  let position = 0;
  const before = process.cpuUsage();
  for (const batch of batches) await sink.append(batch, ++position);
  const used = process.cpuUsage(before);
  await sink.commit();
  await sink.close();
  return { used, path: join(folder, DEPTH_FILE) };
}

async function withWriter(writer, record, path) {
  const before = process.cpuUsage();
  let records = [];
  for (let index = 0; index < frames.length; index++) {
    eachLevel(frames[index], index, (...cells) => records.push(record(...cells)));
    if (records.length < ROWS_PER_APPEND) continue;
    await writer.writeRecords(records);
    records = [];
  }
  if (records.length > 0) await writer.writeRecords(records);
  return { used: process.cpuUsage(before), path };
}

function withArrays(folder) {
  const path = join(folder, 'arrays.csv');
  const record = (head, side, price, quantity) => [...head, side, price, quantity];
  return withWriter(createArrayCsvWriter({ path, header: HEADER }), record, path);
}

function withObjects(folder) {
  const path = join(folder, 'objects.csv');
  const header = HEADER.map((id) => ({ id, title: id }));
  const record = (
    [
      local_time,
      event_time,
      transaction_time,
      first_update_id,
      final_update_id,
      prev_final_update_id,
      update_type,
    ],
    side,
    price,
    quantity,
  ) => ({
    local_time,
    event_time,
    transaction_time,
    first_update_id,
    final_update_id,
    prev_final_update_id,
    update_type,
    side,
    price,
    quantity,
  });
  return withWriter(createObjectCsvWriter({ path, header }), record, path);
}

async function withReader(folder) {
  const { path } = await withSink(folder);
  const before = process.cpuUsage();
  for await (const _message of readDepthFile(path));
  return { used: process.cpuUsage(before), path };
}

const SINK = 'frames to rows, this sink';
const candidates = {
  [SINK]: withSink,
  'JSON.parse, csv-writer, arrays': withArrays,
  'JSON.parse, csv-writer, objects': withObjects,
  'rows to messages': withReader,
};

async function nsPerRow(run, use) {
  const folder = mkdtempSync(join(tmpdir(), 'rows-bench-'));
  try {
    const { used, path } = await run(folder);
    use?.(path);
    return ((used.user + used.system) * 1000) / rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let expected;
for (const [name, run] of Object.entries(candidates)) {
  await nsPerRow(run, (path) => {
    const bytes = readFileSync(path);
    expected ??= bytes;
    if (!bytes.equals(expected)) throw new Error(`${name}: expected the same file as from the others`);
  });
}

const results = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(candidates)) {
    const ns = await nsPerRow(run);
    if (round >= 0) results[name].push(ns);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
console.log(
  `${frames.length} messages, ${rows} rows of ${(expected.length / rows).toFixed(0)} bytes, Node ${process.version}, CPU time, median of ${ROUNDS}`,
);
for (const [name, ns] of Object.entries(results)) {
  const ratio = median(ns.map((value, round) => value / results[SINK][round]));
  console.log(
    `${name.padEnd(32)} ${median(ns).toFixed(0).padStart(6)} ns a row   ${ratio.toFixed(1).padStart(5)} times as long as this sink`,
  );
}
