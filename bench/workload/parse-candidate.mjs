import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A candidate of the parse suite: from the bytes of a message to whole ticks and units.
 *
 * @typedef {(frame: Buffer, decimals: { price: number, quantity: number }) =>
 *   { id: number, bidCount: number, askCount: number, numbers: Float64Array }} Parse
 *   `numbers` holds ticks and units by turns, bids first, and is valid until the next call
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {Parse} parseDiff
 * @param {Parse} parseSnapshot
 * @returns {import('../harness/candidate.mjs').Candidate}
 */
export function parseCandidate({ symbols }, parseDiff, parseSnapshot) {
  const work = symbols.map(({ symbol, decimals, events }) => ({
    symbol,
    decimals,
    snapshots: events.filter(({ type }) => type === 'snapshot').map(({ bytes }) => bytes),
    diffs: events.filter(({ type }) => type === 'diff').map(({ bytes }) => bytes),
  }));
  return {
    unitsPerPass: work.reduce((sum, { diffs }) => sum + diffs.length, 0),
    isAsync: false,
    pass() {
      let sum = 0;
      for (const { diffs, decimals } of work) {
        for (let index = 0; index < diffs.length; index++) {
          const { id, bidCount, numbers } = parseDiff(diffs[index], decimals);
          sum += id + bidCount + numbers[0];
        }
      }
      return sum;
    },
    evidence: (folder) =>
      work.flatMap(({ symbol, decimals, snapshots, diffs }) => [
        writeNumbers(folder, `${symbol} snapshots`, snapshots, (bytes) => parseSnapshot(bytes, decimals)),
        writeNumbers(folder, `${symbol} diffs`, diffs, (bytes) => parseDiff(bytes, decimals)),
      ]),
  };
}

/** Every number of every message, a line a message. */
function writeNumbers(folder, name, frames, parse) {
  const file = openSync(join(folder, name), 'w');
  for (const frame of frames) {
    const { id, bidCount, askCount, numbers } = parse(frame);
    const levels = numbers.subarray(0, 2 * (bidCount + askCount));
    writeSync(file, `${id} ${bidCount} ${askCount} ${levels.join(' ')}\n`);
  }
  closeSync(file);
  return { name, record: 'message' };
}
