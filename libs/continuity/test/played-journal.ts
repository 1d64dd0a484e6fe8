import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type MergeEntry, StreamMerge } from '@org/continuity';
import { RECORD_TYPE } from '@org/storage';
import { gapsOf, recordsOf, type StoredRecord } from './journal-entries.ts';
import { chance, type Plan } from './simulated-lines.ts';

export interface Played {
  readonly records: readonly StoredRecord[];
  readonly outputs: readonly (Buffer | undefined)[];
  readonly state: string;
  readonly merge: StreamMerge;
}

/** Takes the journal; before the entries that are named, the merge is thrown away and goes on from its state. */
function play(journal: readonly MergeEntry[], crashesBefore: ReadonlySet<number> = new Set()): Played {
  let merge = new StreamMerge();
  const records: StoredRecord[] = [];
  const outputs = journal.map(({ lane, epoch, payload }, index) => {
    if (crashesBefore.has(index)) merge = new StreamMerge({ state: merge.state() });
    const bytes = Buffer.from(payload);
    const taken = merge.take({ lane, epoch, payload: bytes });
    records.push(...recordsOf(taken));
    const output = taken && Buffer.from(taken);
    bytes.fill(0xee); // the journal uses its bytes again
    return output;
  });
  const end = merge.finish();
  records.push(...recordsOf(end));
  return { records, outputs: [...outputs, end], state: merge.state(), merge };
}

/** Plays the journal twice, the second time with crashes, and expects the same bytes. */
export function playWithCrashes(journal: readonly MergeEntry[], plan: Plan): Played {
  const whole = play(journal);
  const random = chance(plan.seed ^ 0xdead);
  const crashes = new Set(Array.from({ length: 4 }, () => Math.floor(random() * journal.length)));
  const crashed = play(journal, crashes);
  crashed.outputs.forEach((output, index) => {
    const expected = whole.outputs[index];
    if (output?.equals(expected!) !== expected?.equals(expected))
      expect([index, output]).toEqual([index, expected]);
  });
  expect(crashed.state).toBe(whole.state);
  expect(whole.merge.stats()).toMatchObject({ heldFrames: 0, heldBytes: 0 });
  return whole;
}

export function framesOf(records: readonly StoredRecord[]): StoredRecord[] {
  return records.filter(({ meta }) => meta.type === RECORD_TYPE.frame);
}

/** Every frame that reached the journal. */
export function journaledFrames(journal: readonly MergeEntry[]): StoredRecord[] {
  return framesOf(journal.flatMap(({ payload }) => recordsOf(payload)));
}

/** Ids that events bring, from behind `follows` to `order`. */
export function idsOf(frames: readonly StoredRecord[]): Set<number> {
  const ids = new Set<number>();
  for (const { meta } of frames)
    for (let id = (meta.follows ?? meta.order! - 1) + 1; id <= meta.order!; id++) ids.add(id);
  return ids;
}

/**
 * Expects one unbroken chain of what came out, except where a gap row stands directly before an event; gives the ids
 * that the rows declare lost.
 */
export function expectChain(records: readonly StoredRecord[], isChained: boolean): Set<number> {
  const lost = new Set<number>();
  let last: number | undefined;
  records.forEach((one, index) => {
    if (one.meta.type === RECORD_TYPE.gap)
      return assert.equal(records[index + 1]?.meta.type, RECORD_TYPE.frame, 'a gap row without its event');
    const before = records[index - 1];
    const order = one.meta.order!;
    const start = isChained ? one.meta.follows! : order - 1;
    if (before?.meta.type === RECORD_TYPE.gap) {
      const [gap] = gapsOf([before]);
      assert.deepEqual([gap!.lastId, gap!.nextId], [last, isChained ? start : order]);
      for (let id = last! + 1; id <= start; id++) lost.add(id);
    } else if (last !== undefined) assert.equal(start, last, 'a hole without a row');
    assert(order > (last ?? 0), `${order} after ${last}`);
    last = order;
  });
  return lost;
}

/** Expects that what came out ends where the journal ends, and that of what reached it only this is not stored. */
export function expectStored(
  journal: readonly MergeEntry[],
  frames: readonly StoredRecord[],
  isExact: boolean,
): void {
  const reached = idsOf(journaledFrames(journal));
  const stored = idsOf(frames);
  expect(Math.max(0, ...stored)).toBe(Math.max(0, ...reached));
  const first = Math.min(...stored);
  const missed = [...reached].filter((id) => id >= first && !stored.has(id));
  if (isExact) expect(missed).toEqual([]);
}
