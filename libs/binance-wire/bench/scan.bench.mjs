/**
 * Compares the scan with JSON.parse plus the conversion to ticks, on a real recording. Run it after a build:
 * `node libs/binance-wire/bench/scan.bench.mjs [capture.gz]` from the workspace root. Both sides are checked to give
 * the same sums first; rounds alternate, and the ratio is the median of the ratios of paired rounds.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { NEEDS_MORE_DECIMALS, readUnits } from '@org/market-data';
import { FrameFields, scanFrame, scanFrameSlowly, SLOT } from '@org/binance-wire';

const ROUNDS = 9;
const DECIMALS = 8;
const capture = process.argv[2] ?? '../shared/data/usdm-2024-07-18/btcusdt_20240718.gz';

const frames = gunzipSync(readFileSync(capture))
  .toString('latin1')
  .split('\n')
  .filter((line) => line.includes('"depthUpdate"'))
  .map((line) => Buffer.from(line.slice(line.indexOf(' ') + 1), 'latin1'));

const fields = new FrameFields();

/** Sum of all prices, quantities and last ids: shows that both read the same. */
const scanToUnits = (scan) => () => {
  let sum = 0;
  for (const frame of frames) {
    scan(frame, fields);
    sum += fields.integer(SLOT.u);
    const { bytes, levels } = fields;
    const end = 4 * (fields.bidCount + fields.askCount);
    for (let at = 0; at < end; at += 2) {
      const units = readUnits(bytes, levels[at], levels[at + 1], DECIMALS);
      if (units !== NEEDS_MORE_DECIMALS) sum += units % 1024;
    }
  }
  return sum;
};

const parseToUnits = () => {
  let sum = 0;
  for (const frame of frames) {
    const { data } = JSON.parse(frame.toString());
    sum += data.u;
    for (const side of [data.b, data.a])
      for (const [price, quantity] of side) {
        sum += Math.round(Number(price) * 10 ** DECIMALS) % 1024;
        sum += Math.round(Number(quantity) * 10 ** DECIMALS) % 1024;
      }
  }
  return sum;
};

const scanOnly = () => {
  let sum = 0;
  for (const frame of frames) {
    scanFrame(frame, fields);
    sum += fields.bidCount + fields.askCount;
  }
  return sum;
};

const candidates = {
  'scan only': scanOnly,
  'scan and units': scanToUnits(scanFrame),
  'slow scan and units': scanToUnits(scanFrameSlowly),
  'JSON.parse and units': parseToUnits,
};

function cpuNsPerFrame(run) {
  const before = process.cpuUsage();
  run();
  const used = process.cpuUsage(before);
  return ((used.user + used.system) * 1000) / frames.length;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const expected = parseToUnits();
for (const name of ['scan and units', 'slow scan and units']) {
  const sum = candidates[name]();
  if (sum !== expected) throw new Error(`${name}: expected the sum ${expected}, was ${sum}`);
}

const results = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(candidates)) {
    const ns = cpuNsPerFrame(run);
    if (round >= 0) results[name].push(ns);
  }
}

const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
const levels = scanOnly() / frames.length;
console.log(
  `${frames.length} frames, mean ${bytes.toFixed(0)} bytes, ${levels.toFixed(1)} levels, node ${process.version}`,
);
const reference = results['scan and units'];
for (const [name, ns] of Object.entries(results)) {
  const ratio = median(ns.map((value, round) => value / reference[round]));
  console.log(
    `${name.padEnd(22)} ${median(ns).toFixed(0).padStart(7)} ns of CPU a frame   ratio ${ratio.toFixed(2)}`,
  );
}
