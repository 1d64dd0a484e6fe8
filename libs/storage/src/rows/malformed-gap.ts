import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE } from '../record.ts';
import type { BatchRecord } from '../record-batch.ts';
import type { RecordRoute } from './record-route.ts';
import { isNote } from './report-records.ts';

/** What is added to the `order` of a lost event for the id that the next event follows, or has. */
const TO_NEXT_ID: ReadonlyMap<string | undefined, number> = new Map([
  ['depth', 0], // the next diff names the last id of this one as the one before it
  ['aggtrade', 1], // ids are counted one by one
  ['trade', 1],
]);

/**
 * The gap of an event that could not become rows; undefined for what is no event, and for a stream that has no symbol.
 * Ids stand in it where the worker could read them.
 */
export function malformedGap(record: BatchRecord, route: RecordRoute, timeUs: number): GapRecord | undefined {
  const { type, stream, line } = record;
  if (type !== RECORD_TYPE.frame || route.symbol === '' || !isNote(stream)) return undefined;
  const ids = idsAround(record, route);
  const times = { lastTimeUs: timeUs, nextTimeUs: timeUs, detectedAtUs: timeUs };
  return { stream, reason: 'malformed', ...ids, ...times, line, healedBy: '' };
}

function idsAround({ order, follows }: BatchRecord, { kind }: RecordRoute) {
  const toNextId = TO_NEXT_ID.get(kind);
  if (toNextId === undefined || !isId(order) || !isId(follows))
    return { lastId: undefined, nextId: undefined };
  return { lastId: follows, nextId: order + toNextId };
}

function isId(value: number | undefined): value is number {
  return Number.isSafeInteger(value);
}
