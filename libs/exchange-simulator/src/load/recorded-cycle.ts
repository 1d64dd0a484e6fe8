import type { Buffer } from 'node:buffer';
import { FrameError, FrameFields, scanDepthSnapshot, scanFrame, SLOT } from '@org/binance-wire';
import { DecimalError, decimalToUnits } from '@org/market-data';
import { SimulatorError } from '../errors.ts';
import type { SymbolRules } from '../market-source.ts';
import { isDepthStream } from '../product.ts';
import { indexCaptures } from '../replay/capture-index.ts';
import { readCaptureMessage } from '../replay/capture-message.ts';
import { readUntilDamage } from '../replay/read-until-damage.ts';
import type { LevelChanges, UnitLevel } from './depth-cycle.ts';
import { DepthCycle } from './depth-cycle.ts';

interface RecordedDiff extends LevelChanges {
  readonly finalUpdateId: number;
  readonly previousFinalUpdateId: number | undefined;
}

/** What is read of one capture. */
interface Recording {
  snapshot: (LevelChanges & { readonly lastUpdateId: number }) | undefined;
  /** Of the depth stream that came first. */
  readonly diffs: RecordedDiff[];
  stream: string | undefined;
}

/** Diffs that are kept before there is a snapshot: its answer took a moment, and they may go beyond it. */
const EARLY_DIFFS_MAX = 1000;

/**
 * A cycle of each recorded symbol, of its first snapshot and at most `events` depth events that follow on it. Throws
 * {@link SimulatorError} `CAPTURE_EMPTY` when no capture of the folder has both.
 */
export async function recordedCycles(directory: string, events: number): Promise<DepthCycle[]> {
  const cycles: DepthCycle[] = [];
  for (const { paths, rules } of await indexCaptures(directory)) {
    const { snapshot, diffs } = await record(paths, rules, events);
    if (snapshot === undefined) continue;
    const changes = chained(diffs, snapshot.lastUpdateId).slice(0, events);
    if (changes.length === 0 || snapshot.bids.length === 0) continue;
    const tickUnits = decimalToUnits(rules.tickSize, rules.priceDecimals);
    const midUnits = Math.max(...snapshot.bids.map(([price]) => price)) + tickUnits;
    cycles.push(new DepthCycle({ ...rules, tickUnits, midUnits }, snapshot, changes));
  }
  if (cycles.length === 0)
    throw new SimulatorError(
      'CAPTURE_EMPTY',
      `load data ${directory}: no capture with a book and its events`,
    );
  return cycles;
}

/**
 * The diffs that follow on the snapshot without a hole. A book that misses changes may be crossed, and the market that
 * is made of it must not be.
 */
function chained(diffs: readonly RecordedDiff[], lastUpdateId: number): readonly RecordedDiff[] {
  const later = diffs.filter(({ finalUpdateId }) => finalUpdateId > lastUpdateId);
  let last = lastUpdateId;
  const hole = later.findIndex(({ finalUpdateId, previousFinalUpdateId = last }) => {
    if (previousFinalUpdateId > last) return true;
    last = finalUpdateId;
    return false;
  });
  return hole < 0 ? later : later.slice(0, hole);
}

async function record(paths: readonly string[], rules: SymbolRules, events: number): Promise<Recording> {
  const recording: Recording = { snapshot: undefined, diffs: [], stream: undefined };
  const fields = new FrameFields();
  for (const path of paths) {
    for await (const { bytes } of readUntilDamage(path)) {
      try {
        take(recording, bytes, rules, fields);
      } catch (error) {
        // What cannot be read leaves a hole in the ids, where the cycle then ends.
        if (!(error instanceof FrameError) && !(error instanceof DecimalError)) throw error;
      }
      if (recording.diffs.length >= events + EARLY_DIFFS_MAX) return recording;
    }
  }
  return recording;
}

function take(recording: Recording, bytes: Buffer, rules: SymbolRules, fields: FrameFields): void {
  const message = readCaptureMessage(bytes);
  if (message?.type === 'snapshot' && recording.snapshot === undefined) {
    scanDepthSnapshot(bytes, fields);
    recording.snapshot = { ...levelsOf(fields, rules), lastUpdateId: fields.integer(SLOT.lastUpdateId) };
  }
  if (message?.type !== 'frame' || !isDepthStream(message.stream)) return;
  recording.stream ??= message.stream;
  if (message.stream !== recording.stream || scanFrame(bytes, fields) !== 'depthUpdate') return;
  const { diffs } = recording;
  if (recording.snapshot === undefined && diffs.length >= EARLY_DIFFS_MAX) diffs.shift();
  diffs.push({
    ...levelsOf(fields, rules),
    finalUpdateId: fields.integer(SLOT.u),
    previousFinalUpdateId: fields.integerOrUndefined(SLOT.pu),
  });
}

function levelsOf(fields: FrameFields, rules: SymbolRules): LevelChanges {
  const text = (at: number): string =>
    String.fromCharCode(...fields.bytes.subarray(fields.levels[at], fields.levels[at + 1]));
  const level = (index: number): UnitLevel => [
    decimalToUnits(text(index * 4), rules.priceDecimals),
    decimalToUnits(text(index * 4 + 2), rules.quantityDecimals),
  ];
  const { bidCount, askCount } = fields;
  return {
    bids: Array.from({ length: bidCount }, (_, index) => level(index)),
    asks: Array.from({ length: askCount }, (_, index) => level(bidCount + index)),
  };
}
