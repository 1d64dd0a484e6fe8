/**
 * Compares the scan of depth frames, with and without the conversion to integer ticks and units, with JSON.parse and the
 * same conversion, on real recordings. Run it after a build, from the workspace root:
 *
 *   node libs/binance-wire/bench/scan.bench.mjs [capture.gz …]
 *
 * All candidates are checked to read the same integers first. Of each recording the first 200 messages are read again and
 * again: they stay in the cache, as messages do that were just received. Figures are CPU time of this process; rounds
 * alternate, and a ratio is the median of the ratios of paired rounds.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FrameFields, readFrameUnits, scanDepthUnits, scanFrame, scanFrameSlowly } from '@org/binance-wire';

const FRAMES_A_CAPTURE = 200;
const REPEATS = 10;
const ROUNDS = 25;
const WARM_UP_ROUNDS = 5;
const PRICE_DECIMALS = 2;
const QUANTITY_DECIMALS = 3;
const FOLDER = '../shared/data/usdm-2024-07-18';
const FILES = ['btcusdt_20240718.gz', 'btcusdt_20240719.gz', 'ethusdt_20240718.gz', 'ethusdt_20240719.gz'];
const captures = process.argv.length > 2 ? process.argv.slice(2) : FILES.map((file) => `${FOLDER}/${file}`);

const depthFrames = (capture) =>
  gunzipSync(readFileSync(capture))
    .toString('latin1')
    .split('\n')
    .filter((line) => line.includes('"depthUpdate"'))
    .map((line) => Buffer.from(line.slice(line.indexOf(' ') + 1), 'latin1'));
const frames = captures.flatMap((capture) => depthFrames(capture).slice(0, FRAMES_A_CAPTURE));

const plain = new FrameFields();
const known = new FrameFields();
const units = new Float64Array(40_000);
const tenPrice = 10 ** PRICE_DECIMALS;
const tenQuantity = 10 ** QUANTITY_DECIMALS;

/** Each reads one frame into `units`, or only scans it, and returns how many levels it has. */
const readers = {
  'scan only': (frame) => {
    scanFrame(frame, plain);
    return plain.bidCount + plain.askCount;
  },
  'units in one pass': (frame) => {
    const count = scanDepthUnits(frame, known, PRICE_DECIMALS, QUANTITY_DECIMALS);
    for (let at = 0; isChecking && at < 2 * count; at++) units[at] = known.units[at];
    return count;
  },
  'scan, then units': (frame) => {
    scanFrame(frame, plain);
    return readFrameUnits(plain, PRICE_DECIMALS, QUANTITY_DECIMALS, units);
  },
  'slow scan, then units': (frame) => {
    scanFrameSlowly(frame, plain);
    return readFrameUnits(plain, PRICE_DECIMALS, QUANTITY_DECIMALS, units);
  },
  'JSON.parse and units': (frame) => {
    const { b, a } = JSON.parse(frame.toString()).data;
    let at = 0;
    for (const side of [b, a])
      for (const [price, quantity] of side) {
        units[at++] = Math.round(Number(price) * tenPrice);
        units[at++] = Math.round(Number(quantity) * tenQuantity);
      }
    return b.length + a.length;
  },
};
/** While results are compared, all of them stand in `units`. */
let isChecking = true;
const REFERENCE = 'JSON.parse and units';

function checkAgreement() {
  let levels = 0;
  for (const frame of frames) {
    const count = readers[REFERENCE](frame);
    const expected = units.slice(0, 2 * count);
    for (const [name, read] of Object.entries(readers)) {
      units.fill(-1, 0, 2 * count);
      const isEqual =
        read(frame) === count && (name === 'scan only' || expected.every((n, at) => n === units[at]));
      if (!isEqual) throw new Error(`${name}: expected the integers of JSON.parse for ${frame.toString()}`);
    }
    levels += count;
  }
  return levels;
}

function cpuNsPerFrame(read) {
  const before = process.cpuUsage();
  for (let repeat = 0; repeat < REPEATS; repeat++) for (const frame of frames) read(frame);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / (REPEATS * frames.length);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const levels = checkAgreement() / frames.length;
isChecking = false;
const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
const results = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const [name, read] of Object.entries(readers)) {
    const ns = cpuNsPerFrame(read);
    if (round >= 0) results[name].push(ns);
  }
}

console.log(
  `${frames.length} frames, mean ${bytes.toFixed(0)} bytes, ${levels.toFixed(1)} levels, Node ${process.version}, CPU time, median of ${ROUNDS}`,
);
for (const [name, ns] of Object.entries(results)) {
  const ratio = median(results[REFERENCE].map((value, round) => value / ns[round]));
  console.log(
    `${name.padEnd(26)} ${median(ns).toFixed(0).padStart(7)} ns a frame   JSON.parse takes ${ratio.toFixed(1).padStart(5)} times as long`,
  );
}
