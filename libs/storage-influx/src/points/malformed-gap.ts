import type { GapRecord } from '@org/market-data';
import { RECORD_TYPE, type BatchRecord } from '@org/storage';
import { TIME_MAX_MS } from './point-time.ts';
import type { StreamPoints } from './stream-points.ts';

const US_PER_MS = 1000;

/**
 * The gap that an event leaves which could not become a point, with the ids around it where its record carries them;
 * undefined for what is no event of a known stream. `salt` tells it from another one of the same microsecond.
 */
export function malformedGap(
  { type, stream, line, receivedAtUs, order, follows, bytes, payloadStart, payloadEnd }: BatchRecord,
  { symbol, kind }: StreamPoints,
): { readonly gap: GapRecord; readonly salt: string } | undefined {
  if (type !== RECORD_TYPE.frame || symbol === '' || kind === undefined) return undefined;
  const timeUs = Math.floor(receivedAtUs);
  if (!(timeUs >= US_PER_MS && timeUs < TIME_MAX_MS * US_PER_MS)) return undefined;
  const isCounted = kind === 'aggtrade' || kind === 'trade';
  const hasIds = isCounted && Number.isSafeInteger(order) && Number.isSafeInteger(follows);
  const gap: GapRecord = {
    stream,
    reason: 'malformed',
    lastId: hasIds ? follows : undefined,
    nextId: hasIds ? order! + 1 : undefined,
    lastTimeUs: timeUs,
    nextTimeUs: timeUs,
    detectedAtUs: timeUs,
    line,
    healedBy: '',
  };
  return { gap, salt: bytes.toString('latin1', payloadStart, Math.min(payloadEnd, payloadStart + 4096)) };
}
