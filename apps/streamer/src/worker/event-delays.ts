import { FrameError, type FrameFields, SLOT } from '@org/binance-wire';
import { streamKind } from '@org/market-data';
import type { DurationCounts } from '../control/messages.ts';
import { DurationBuckets, EVENT_DELAY_BOUNDS_MS } from '../monitoring/duration-buckets.ts';

/** One event of so many is looked at, and the first of each stream; a power of two. */
const SAMPLE = 32;

/**
 * How long after their event time events are received, by kind of stream. What is measured holds the offset between the
 * clock of the exchange and this one as well, so it may be negative.
 */
export class EventDelays {
  readonly #kinds = new Map<string, DurationBuckets>();
  /** Those of the kind of each stream that was met. */
  readonly #byStream = new Map<string, DurationBuckets>();

  /** Whether the event is one to look at; `events` counts those of its stream, itself included. */
  static isSampled(events: number): boolean {
    return (events & (SAMPLE - 1)) === 1;
  }

  /** `fields`: of the event. One without an event time is not counted. */
  observe(streamKey: string, fields: FrameFields, receivedAtUs: number): void {
    const eventTimeMs = eventTime(fields);
    if (eventTimeMs === undefined) return;
    let delays = this.#byStream.get(streamKey);
    if (delays === undefined) this.#byStream.set(streamKey, (delays = this.#ofKind(streamKey)));
    delays.observe(receivedAtUs / 1000 - eventTimeMs);
  }

  counts(): Readonly<Record<string, DurationCounts>> {
    return Object.fromEntries([...this.#kinds].map(([kind, delays]) => [kind, delays.counts()]));
  }

  #ofKind(streamKey: string): DurationBuckets {
    const kind = streamKind(streamKey.slice(streamKey.indexOf('@') + 1)) ?? 'other';
    const delays = this.#kinds.get(kind) ?? new DurationBuckets(EVENT_DELAY_BOUNDS_MS);
    this.#kinds.set(kind, delays);
    return delays;
  }
}

/** Undefined where there is none, or something else in its place: the event itself was read without it. */
function eventTime(fields: FrameFields): number | undefined {
  try {
    return fields.integerOrUndefined(SLOT.E);
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
