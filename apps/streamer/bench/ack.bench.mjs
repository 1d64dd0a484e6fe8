// The writer as it runs in production, under a paced load: the time from a batch to its ack, which comes after fdatasync,
// while the rows go through the merge into CSV files.
//   node apps/streamer/bench/ack.bench.mjs [batches/s = 5000] [rows a batch = 20] [seconds = 20] [lanes = 4] [dir = .]
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { loadConfig } from '@org/config';
import { BatchSender, localSocketPath } from '@org/flow';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

const [batchesPerSecond, rowsPerBatch, seconds, lanes] = [5000, 20, 20, 4].map((fallback, index) =>
  Number(process.argv[2 + index] ?? fallback),
);
const levels = Array.from(
  { length: rowsPerBatch },
  (_, index) => `["${(60_000 + index / 10).toFixed(2)}","${(index + 1).toFixed(3)}"]`,
);
const half = rowsPerBatch >> 1;
const sides = `"b":[${levels.slice(0, half).join()}],"a":[${levels.slice(half).join()}]`;

const folder = mkdtempSync(path.join(process.argv[6] ?? '.', 'ack-bench-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main() {
  const writer = await startWriter();
  const ackNs = createHistogram();
  const senders = Array.from({ length: lanes }, (_, lane) => sendLane(writer.task, lane, ackNs));
  const cpuBefore = cpuSeconds(writer.child.pid);
  const beganAtMs = performance.now();
  await paced(senders);
  for (const { sender } of senders)
    if (!(await sender.drained(30_000))) throw new Error('not all batches were acked');
  const elapsed = (performance.now() - beganAtMs) / 1000;
  const cpu = cpuSeconds(writer.child.pid) - cpuBefore;
  for (const { sender } of senders) await sender.close();
  await writer.stop();
  const rows = storedRows();
  const sent = batchesPerSecond * seconds * rowsPerBatch;
  if (rows !== sent) throw new Error(`expected ${sent} rows, was ${rows}`);
  const ms = (percentile) => (ackNs.percentile(percentile) / 1e6).toFixed(2);
  console.log(
    `batches/s ${Math.round((batchesPerSecond * seconds) / elapsed)}, CSV rows/s ${Math.round(rows / elapsed)}, lanes ${lanes}`,
  );
  console.log(
    `ack after fdatasync: p50 ${ms(50)} ms, p99 ${ms(99)} ms, p99.9 ${ms(99.9)} ms, max ${ms(100)} ms`,
  );
  console.log(`writer ${(cpu / elapsed).toFixed(2)} cores; ${rows} rows in the files, as many as were sent`);
}

async function startWriter() {
  const task = {
    role: 'writer', id: 'writer', lane: 'writer/0', incarnation: 1, epoch: Date.now(), outputPath: folder,
    recordSocket: localSocketPath(`${folder}:records`), feedSocket: localSocketPath(`${folder}:feed`),
    doorSocket: localSocketPath(`${folder}:door`),
    config: loadConfig({ text: JSON.stringify({ symbols: { pairs: ['BTCUSDT'] }, storage: { output_dir: folder } }), path: 'the bench' }),
  }; // prettier-ignore
  const child = fork(
    path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../dist/main.js'),
    [],
    {
      env: { ...process.env, STREAMER_TASK: JSON.stringify(task) },
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    },
  );
  await new Promise((ready) => child.on('message', ({ type }) => type === 'ready' && ready()));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return { child, task, stop: () => (child.send({ type: 'stop' }), exited) };
}

/** Depth frames of one symbol a lane, each a batch of its own. */
function sendLane(task, lane, ackNs) {
  const sentAtMs = [];
  const sender = new BatchSender({
    socketPath: task.recordSocket,
    lane: `lane-${lane}`,
    epoch: 1,
    queueBytesMax: 256 * 1024 * 1024,
    handlers: {
      acked: (seq) => {
        const nowMs = performance.now();
        while (sentAtMs.base <= seq) {
          ackNs.record(Math.max(1, Math.round((nowMs - sentAtMs.shift()) * 1e6)));
          sentAtMs.base++;
        }
      },
    },
  });
  sentAtMs.base = 1;
  sender.start();
  const builder = new RecordBatchBuilder(4096);
  const stream = `S${lane}USDT@depth@0ms`;
  let u = 1000;
  return {
    sender,
    send: () => {
      const meta = {
        type: RECORD_TYPE.frame,
        stream,
        receivedAtUs: Date.now() * 1000,
        line: 0,
        connectionId: 1,
        order: u + 20,
        follows: u,
      };
      builder.append(meta, Buffer.from(frame(lane, u, u + 20)));
      u += 20;
      sentAtMs.push(performance.now());
      if (!sender.send(builder.take())) throw new Error('the queue is full');
    },
  };
}

function frame(lane, pu, u) {
  const name = `s${lane}usdt@depth@0ms`;
  return `{"stream":"${name}","data":{"e":"depthUpdate","E":1795353799995,"T":1795353799993,"s":"S${lane}USDT","U":${pu + 1},"u":${u},"pu":${pu},${sides}}}`;
}

async function paced(senders) {
  const total = batchesPerSecond * seconds;
  const beganAtMs = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - beganAtMs) / 1000) * batchesPerSecond));
    for (; sent < due; sent++) senders[sent % senders.length].send();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function storedRows() {
  let rows = 0;
  for (const symbol of readdirSync(folder).filter((name) => name.endsWith('USDT')))
    for (const file of readdirSync(path.join(folder, symbol))) {
      const bytes = readFileSync(path.join(folder, symbol, file));
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) rows++;
      rows--; // the header
    }
  return rows;
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
