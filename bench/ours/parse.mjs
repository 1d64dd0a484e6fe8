import { FrameFields, readFrameUnits, scanDepthSnapshot, scanDepthUnits, SLOT } from '@org/binance-wire';
import { parseCandidate } from '../workload/parse-candidate.mjs';

const fields = new FrameFields();
let numbers = new Float64Array(1 << 16);

/** Scans the frame in place and reads every price and quantity into ticks and units. */
export function createCandidate(workload) {
  return parseCandidate(workload, parseDiff, parseSnapshot);
}

function parseDiff(frame, decimals) {
  const read = scanDepthUnits(frame, fields, decimals.price, decimals.quantity);
  return levelsOf(fields.integer(SLOT.u), read, fields.units);
}

function parseSnapshot(frame, decimals) {
  scanDepthSnapshot(frame, fields);
  return readLevels(fields.integer(SLOT.lastUpdateId), decimals);
}

function readLevels(id, decimals) {
  const levels = fields.bidCount + fields.askCount;
  if (2 * levels > numbers.length) numbers = new Float64Array(4 * levels);
  return levelsOf(id, readFrameUnits(fields, decimals.price, decimals.quantity, numbers), numbers);
}

function levelsOf(id, read, units) {
  const { bidCount, askCount } = fields;
  const levels = bidCount + askCount;
  if (read !== levels) throw new Error(`expected ${levels} levels within the decimals, was ${read}`);
  return { id, bidCount, askCount, numbers: units };
}
