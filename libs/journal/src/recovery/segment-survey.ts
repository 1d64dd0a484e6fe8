import { decodeBatch } from '../format/record.ts';
import type { JournalRecord } from '../format/record.ts';
import { decodeLaneStates } from '../lanes/lane-states.ts';
import type { LaneTable } from '../lanes/lane-table.ts';
import type { RecordScanner } from '../segment/record-scanner.ts';

/** Bytes between two records, or behind the last one, that are no record. */
export interface Gap {
  readonly fromPosition: number;
  readonly toPosition: number;
}

interface Note {
  readonly position: number;
  readonly apply: (table: LaneTable) => void;
}

/** What a segment holds, before it is decided how much of it counts. */
export interface Survey {
  /** Between records. */
  readonly gaps: readonly Gap[];
  /** Position behind the last record. */
  readonly endPosition: number;
  /** Everything before this position had been synced: a later group was written. */
  readonly syncedPosition: number;
  readonly notes: readonly Note[];
}

export async function surveySegment(scanner: RecordScanner, start: number, limit: number): Promise<Survey> {
  const gaps: Gap[] = [];
  const notes: Note[] = [];
  let [position, synced] = [start, start];
  for (;;) {
    const record = await scanner.recordAt(position, limit);
    if (record !== undefined) {
      synced = Math.max(synced, record.groupPosition);
      notes.push({ position, apply: noteOf(record) });
      position += record.recordBytes;
      continue;
    }
    const next = await scanner.nextRecordPosition(position, limit);
    if (next === undefined) return { gaps, endPosition: position, syncedPosition: synced, notes };
    gaps.push({ fromPosition: position, toPosition: next });
    position = next;
  }
}

function noteOf(record: JournalRecord): Note['apply'] {
  if (record.kind === 'lanes') {
    const states = decodeLaneStates(record.body);
    return (table) => table.restore(states);
  }
  const { lane, epoch, seq } = decodeBatch(record.body);
  return (table) => table.confirm(lane, epoch, seq);
}

/** The part of the last segment that counts. */
export interface Verdict {
  readonly endPosition: number;
  readonly damage: readonly Gap[];
}

/**
 * Bytes that are no record are a torn tail when they belong to the last group: its sync may not have returned, nobody
 * heard of it. Where a later group exists, the bytes had been synced, and they are damage.
 */
export function judgeTail({ gaps, endPosition, syncedPosition }: Survey): Verdict {
  const damage: Gap[] = [];
  for (const gap of gaps) {
    if (gap.fromPosition >= syncedPosition) return { endPosition: gap.fromPosition, damage };
    damage.push({ fromPosition: gap.fromPosition, toPosition: Math.min(gap.toPosition, syncedPosition) });
    if (gap.toPosition > syncedPosition) return { endPosition: syncedPosition, damage };
  }
  return { endPosition, damage };
}

/** Brings the lanes up to the end; behind damage a lane may go on with any number. */
export function applyNotes(
  table: LaneTable,
  notes: readonly Note[],
  damage: readonly Gap[],
  endPosition: number,
): void {
  const gaps = [...damage];
  for (const note of notes) {
    if (note.position >= endPosition) break;
    for (; gaps[0] !== undefined && gaps[0].fromPosition < note.position; gaps.shift()) table.expectHoles();
    note.apply(table);
  }
  if (gaps.length > 0) table.expectHoles();
}
