/*
 * Depth files to books: rows a second, plain and packed. Needs the build and a folder of raw captures:
 *
 *   npx tsc -b tsconfig.build.json && node libs/storage-csv/bench/read.bench.mjs [folder of captures] [symbol]
 *
 * The captures are recorded to a depth file by the sink itself, so the rows are those of a recording. Every candidate
 * must end in the same book. The figures are CPU time of this process, since other work on the machine changes wall
 * time; candidates take turns, so that a slow moment hits all of them.
 */
import { createWriteStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { OrderBook } from '@org/orderbook';
import { readCapture, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { CsvSink, findDepthSources, readDepthFile, visitDepthFile } from '@org/storage-csv';

const folder = resolve(process.argv[2] ?? '../shared/data/usdm-2024-07-18');
const symbol = process.argv[3] ?? 'BTCUSDT';
const ROUNDS = 9;
const BATCH_BYTES = 256 * 1024;

async function record(outputDir) {
  const sink = new CsvSink({ outputDir });
  await sink.open();
  const builder = new RecordBatchBuilder(BATCH_BYTES);
  let position = 0;
  for (const path of (await findDepthSources(folder, symbol)).paths) {
    for await (const { receivedAtNs, bytes } of readCapture(path)) {
      const isSnapshot = bytes.toString('latin1', 0, 15) === '{"lastUpdateId"';
      if (!isSnapshot && !bytes.toString('latin1', 0, 60).includes('@depth')) continue;
      const type = isSnapshot ? RECORD_TYPE.depthSnapshot : RECORD_TYPE.frame;
      const receivedAtUs = Number(receivedAtNs / 1000n);
      builder.append({ type, stream: `${symbol}@depth@0ms`, receivedAtUs, line: 0, connectionId: 1 }, bytes);
      if (builder.byteLength >= BATCH_BYTES) await sink.append(builder.take(), ++position);
    }
  }
  await sink.append(builder.take(), ++position);
  await sink.close();
  return readdirSync(join(outputDir, symbol))
    .filter((name) => name.startsWith('depth_'))
    .sort()
    .map((name) => join(outputDir, symbol, name));
}

/** Every file applied to one book, with its best prices after every message. */
async function visited(paths, withScale = true) {
  const book = new OrderBook();
  let best = 0;
  for (const path of paths) {
    await visitDepthFile(
      path,
      (message) => {
        const { type, bytes, offsets, bidCount, askCount } = message;
        const isInTicks =
          message.priceDecimals === book.priceDecimals && message.quantityDecimals === book.quantityDecimals;
        if (type === 'snapshot') book.replaceWithOffsets(bytes, offsets, bidCount, askCount);
        else if (isInTicks) book.applyTicks(message.ticks, bidCount, askCount);
        else book.applyOffsets(bytes, offsets, bidCount, askCount);
        best += book.bestBidTicks + book.bestAskTicks;
      },
      withScale ? { scale: book } : {},
    );
  }
  return { book, best };
}

async function visitedWithoutBook(paths) {
  let best = 0;
  for (const path of paths) await visitDepthFile(path, ({ bidCount }) => (best += bidCount));
  return { best };
}

async function asMessages(paths) {
  const book = new OrderBook();
  let best = 0;
  for (const path of paths) {
    for await (const message of readDepthFile(path)) {
      if (message.type === 'snapshot') book.replaceWith(message.snapshot);
      else book.applyDiff(message.diff);
      best += book.bestBidTicks + book.bestAskTicks;
    }
  }
  return { book, best };
}

async function countRows(paths) {
  let rows = 0;
  for (const path of paths)
    await visitDepthFile(path, ({ bidCount, askCount }) => (rows += Math.max(1, bidCount + askCount)));
  return rows;
}

async function cpuSeconds(run) {
  const before = process.cpuUsage();
  const { book } = await run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, checksum: book?.checksum() };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const temporary = mkdtempSync(join(tmpdir(), 'read-bench-'));
try {
  const plain = await record(join(temporary, 'plain'));
  const packed = plain.map((path) => `${path}.gz`);
  for (const path of plain)
    await pipeline(createReadStream(path), createGzip({ level: 6 }), createWriteStream(`${path}.gz`));
  const rows = await countRows(plain);
  const bytes = plain.reduce((sum, path) => sum + statSync(path).size, 0);
  console.log(`${symbol} of ${folder}: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB; Node ${process.version}, CPU time, median of ${ROUNDS}`); // prettier-ignore
  const candidates = [
    ['plain file to book', () => visited(plain)],
    ['packed file to book', () => visited(packed)],
    ['plain file to book without scale', () => visited(plain, false)],
    ['plain file without a book', () => visitedWithoutBook(plain)],
    ['plain file to messages to book', () => asMessages(plain)],
  ];
  const seconds = candidates.map(() => []);
  const checksums = new Set();
  for (let round = -2; round < ROUNDS; round++) {
    for (const [index, [, run]] of candidates.entries()) {
      const result = await cpuSeconds(run);
      if (result.checksum !== undefined) checksums.add(result.checksum);
      if (round >= 0) seconds[index].push(result.seconds);
    }
  }
  if (checksums.size !== 1) throw new Error(`expected one book, was ${[...checksums].join(', ')}`);
  candidates.forEach(([name], index) => {
    const perRow = median(seconds[index]) / rows;
    const ratio = median(seconds[index].map((value, round) => value / seconds[0][round]));
    console.log(`${name.padEnd(32)} ${(1e-6 / perRow).toFixed(2).padStart(7)} M levels/s ${(perRow * 1e9).toFixed(0).padStart(6)} ns/level  x${ratio.toFixed(1)}`); // prettier-ignore
  });
} finally {
  rmSync(temporary, { recursive: true });
}
