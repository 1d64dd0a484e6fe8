import type { GapReason, GapRecord } from '@org/market-data';
import type { EventFrame } from './event-frame.ts';
import type { MergedStream } from './merged-stream.ts';

/** The break between the end of the stream and an event that does not join it. */
export function gapBefore(stream: MergedStream, event: EventFrame, reason: GapReason): GapRecord {
  return {
    stream: stream.key,
    reason,
    lastId: stream.hasLast ? lastId(stream) : undefined,
    nextId: nextId(stream, event),
    lastTimeUs: stream.hasLast ? stream.lastReceivedAtUs : undefined,
    nextTimeUs: event.receivedAtUs,
    detectedAtUs: event.receivedAtUs,
    line: event.line,
    healedBy: '',
  };
}

/** The break that nothing follows any more. */
export function gapAtEnd(
  stream: MergedStream,
  reason: GapReason,
  line: number,
  detectedAtUs: number,
): GapRecord {
  return {
    stream: stream.key,
    reason,
    lastId: lastId(stream),
    nextId: undefined,
    lastTimeUs: stream.lastReceivedAtUs,
    nextTimeUs: undefined,
    detectedAtUs,
    line,
    healedBy: '',
  };
}

function lastId({ lastBar, lastOrder }: MergedStream): number {
  return lastBar === undefined ? lastOrder : lastBar.openTime;
}

function nextId(stream: MergedStream, event: EventFrame): number {
  if (event.bar !== undefined) return event.bar.openTime;
  return stream.kind === 'depth' && event.follows !== undefined ? event.follows : event.order;
}
