import { RECORD_TYPE, type BatchRecord } from '@org/storage';
import type { RecordRoute } from './record-route.ts';
import { formatGap, isNote } from './report-rows.ts';

/** Behind the `order` of an event of this kind the next one begins: by how much the id that follows a gap lies behind. */
const NEXT_ID_BEHIND: ReadonlyMap<string | undefined, number> = new Map([
  ['depth', 0], // a diff names the last id of the one before, and `order` is its own last id
  ['aggtrade', 1], // ids are numbered without holes, so the first one that can be stored is the next
  ['trade', 1],
]);

/**
 * The gaps row of an event that could not become rows; undefined for what is no event, and for a stream that has no
 * file of gaps. Ids stand in it where the worker could read them.
 */
export function malformedGapRow(record: BatchRecord, route: RecordRoute, timeUs: number): string | undefined {
  const { type, stream, line } = record;
  if (type !== RECORD_TYPE.frame || route.symbol === '' || !isNote(stream)) return undefined;
  const ids = idsAround(record, route);
  const times = { lastTimeUs: timeUs, nextTimeUs: timeUs, detectedAtUs: timeUs };
  return formatGap({ stream, reason: 'malformed', ...ids, ...times, line, healedBy: '' });
}

function idsAround({ order, follows }: BatchRecord, { kind }: RecordRoute) {
  const behind = NEXT_ID_BEHIND.get(kind);
  if (behind === undefined || !isId(order) || !isId(follows)) return { lastId: undefined, nextId: undefined };
  return { lastId: follows, nextId: order + behind };
}

function isId(value: number | undefined): value is number {
  return Number.isSafeInteger(value);
}
