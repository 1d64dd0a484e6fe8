/*
 * Rows a second from received frames to a file, against JSON.parse and csv-writer. Needs the build:
 *
 *   npx tsc -b libs/storage-csv/tsconfig.lib.json && node libs/storage-csv/bench/rows.bench.mjs [levels] [messages]
 *
 * The figures are CPU time of this process, since other work on the machine changes wall time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordBatchBuilder } from '@org/storage';
import { CsvSink, readDepthFile } from '@org/storage-csv';
import { createArrayCsvWriter } from 'csv-writer';

const levelsPerMessage = Number(process.argv[2] ?? 68);
const messages = Number(process.argv[3] ?? 6000);
const ROUNDS = 5;
const ROWS_PER_APPEND = 1000;
const BATCH_BYTES = 256 * 1024;

const level = (index) => [`${60_000 + index}.${index % 10}0`, `${index % 50}.${100 + (index % 900)}`];
const frames = Array.from({ length: messages }, (_, number) => {
  const u = 11_377_001_557_469 + number * 20;
  const side = (from) =>
    Array.from({ length: levelsPerMessage / 2 }, (_, index) => level(from + index * 7 + (number % 13)));
  const data = { e: 'depthUpdate', E: 1787592539515 + number, T: 1787592539514 + number, s: 'BTCUSDT', U: u - 19, u, pu: u - 20, b: side(0), a: side(500), st: 1 }; // prettier-ignore
  return Buffer.from(JSON.stringify({ stream: 'btcusdt@depth@0ms', data }));
});
const rows = messages * levelsPerMessage;
const RECEIVED_AT_US = 1787592539600000;

function batches() {
  const builder = new RecordBatchBuilder(BATCH_BYTES);
  const taken = [];
  frames.forEach((frame, index) => {
    builder.append(
      {
        type: 1,
        stream: 'BTCUSDT@depth@0ms',
        receivedAtUs: RECEIVED_AT_US + index,
        line: 0,
        connectionId: 1,
      },
      frame,
    );
    if (builder.byteLength >= BATCH_BYTES) taken.push(builder.take());
  });
  return [...taken, builder.take()];
}

async function withSink(folder) {
  const sink = new CsvSink({ outputDir: folder });
  await sink.open();
  let position = 0;
  for (const batch of prepared) await sink.append(batch, ++position);
  await sink.commit();
  await sink.close();
}

async function withCsvWriter(folder) {
  const writer = createArrayCsvWriter({ path: join(folder, 'depth.csv'), header: ['local_time', 'event_time', 'transaction_time', 'first_update_id', 'final_update_id', 'prev_final_update_id', 'update_type', 'side', 'price', 'quantity'] }); // prettier-ignore
  let records = [];
  for (const frame of frames) {
    const { E, T, U, u, pu, b, a } = JSON.parse(frame.toString()).data;
    for (const [price, quantity] of b)
      records.push([RECEIVED_AT_US, E, T, U, u, pu, 'diff', 'bid', price, quantity]);
    for (const [price, quantity] of a)
      records.push([RECEIVED_AT_US, E, T, U, u, pu, 'diff', 'ask', price, quantity]);
    if (records.length < ROWS_PER_APPEND) continue;
    await writer.writeRecords(records);
    records = [];
  }
  await writer.writeRecords(records);
}

async function withReader(folder) {
  await withSink(folder);
  const before = process.cpuUsage();
  for await (const _message of readDepthFile(join(folder, 'BTCUSDT/depth_2026-08-24.csv')));
  return process.cpuUsage(before);
}

async function measure(name, run) {
  const seconds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'rows-bench-'));
    const before = process.cpuUsage();
    const own = await run(folder);
    const { user, system } = own ?? process.cpuUsage(before);
    rmSync(folder, { recursive: true });
    seconds.push((user + system) / 1e6);
  }
  const median = seconds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  console.log(
    `${name.padEnd(34)} ${(rows / median / 1e6).toFixed(2).padStart(7)} M rows/s  ${((median / rows) * 1e9).toFixed(0).padStart(6)} ns/row`,
  );
  return median;
}

const prepared = batches();
console.log(
  `${messages} messages of ${levelsPerMessage} levels, Node ${process.version}, CPU time, median of ${ROUNDS}`,
);
const sink = await measure('frames to CSV, this sink', withSink);
const writer = await measure('frames to CSV, csv-writer', withCsvWriter);
await measure('CSV to depth messages', withReader);
console.log(`csv-writer takes ${(writer / sink).toFixed(1)} times the CPU`);
