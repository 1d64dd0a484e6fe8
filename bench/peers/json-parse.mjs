import { parseCandidate } from '../workload/parse-candidate.mjs';

let numbers = new Float64Array(1 << 16);

/** `JSON.parse`, and `Number` and rounding for every price and quantity. */
export function createCandidate(workload) {
  return parseCandidate(workload, parseDiff, parseSnapshot);
}

function parseDiff(frame, decimals) {
  const { u, b, a } = JSON.parse(frame.toString()).data;
  return readLevels(u, b, a, decimals);
}

function parseSnapshot(frame, decimals) {
  const { lastUpdateId, bids, asks } = JSON.parse(frame.toString());
  return readLevels(lastUpdateId, bids, asks, decimals);
}

function readLevels(id, bids, asks, decimals) {
  const [tick, unit] = [10 ** decimals.price, 10 ** decimals.quantity];
  const levels = bids.length + asks.length;
  if (2 * levels > numbers.length) numbers = new Float64Array(4 * levels);
  const next = readSide(bids, 0, tick, unit);
  readSide(asks, next, tick, unit);
  return { id, bidCount: bids.length, askCount: asks.length, numbers };
}

function readSide(levels, from, tick, unit) {
  let at = from;
  for (const [price, quantity] of levels) {
    numbers[at++] = Math.round(Number(price) * tick);
    numbers[at++] = Math.round(Number(quantity) * unit);
  }
  return at;
}
