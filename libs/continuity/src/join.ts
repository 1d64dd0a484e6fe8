import type { Bar } from './bar.ts';
import type { EventFrame } from './event-frame.ts';
import type { MergedStream } from './merged-stream.ts';

/** It is the next event: nothing is missing before it. */
export const JOINS = 0;
/** It reaches back behind the last event and beyond it: nothing is missing, and it is cut at the seam. */
export const OVERLAPS = 1;
/** Nothing that matters is missing before it: it needs no gap row, but a source that brings more is better. */
export const SUFFICES = 2;
/** Something is missing before it, or nothing proves the contrary. */
export const BREAKS = 3;
/** It is stored already. */
export const REPEATS = 4;

export type Join = typeof JOINS | typeof OVERLAPS | typeof SUFFICES | typeof BREAKS | typeof REPEATS;

/** Whether no source can bring anything that belongs before it. */
export function isNext(join: Join): boolean {
  return join <= OVERLAPS;
}

/**
 * How an event stands to the end of its stream.
 *
 * Ids prove it where there is a chain: depth by `pu` (spot: `U - 1`), aggTrade by `a`, trade by `t` (developers.binance.com,
 * USD-M and spot streams, seen 2026-11). Elsewhere the source proves it: an event without doubt stands right behind one
 * of the same source that is stored or covered, so nothing fell between.
 */
export function judge(stream: MergedStream, event: EventFrame, isLead: boolean): Join {
  if (!stream.hasLast) return JOINS;
  const { lastOrder } = stream;
  const { follows } = event;
  if (follows !== undefined) {
    if (event.order <= lastOrder) return REPEATS;
    if (follows === lastOrder) return JOINS;
    return follows < lastOrder ? OVERLAPS : BREAKS;
  }
  if (event.order <= lastOrder && !isOwnValue(stream, event, isLead)) return REPEATS;
  if (event.bar !== undefined && stream.lastBar !== undefined)
    return judgeBar(stream.lastBar, event.bar, event.doubt !== undefined);
  return event.doubt === undefined ? JOINS : BREAKS;
}

/** A source may give a value twice, and so may its connection after a doubt; a new connection only repeats the old one. */
function isOwnValue(stream: MergedStream, event: EventFrame, isLead: boolean): boolean {
  return isLead && (event.doubt === undefined || event.connectionId === stream.lastConnectionId);
}

/**
 * Bars hold sums since they opened: within one bar, and behind a closed one, only updates can be missing. A bar that
 * another one follows before it was closed misses its last update, whether anything casts doubt on the stream or not.
 */
function judgeBar(last: Bar, bar: Bar, isDoubted: boolean): Join {
  const isSame = bar.openTime <= last.openTime;
  const isNextBar = bar.openTime === last.openTime + last.intervalMs;
  if (!isSame && !(isNextBar && last.isClosed)) return BREAKS;
  return isDoubted ? SUFFICES : JOINS;
}
