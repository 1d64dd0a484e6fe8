import { Buffer } from 'node:buffer';
import { FrameFields, scanFrame } from '@org/binance-wire';
import fc from 'fast-check';
import {
  addDurations,
  DurationBuckets,
  EVENT_DELAY_BOUNDS_MS,
} from '../../src/monitoring/duration-buckets.ts';
import { ProcessMeter } from '../../src/monitoring/process-meter.ts';
import { EventDelays } from '../../src/worker/event-delays.ts';

const total = ({ counts }: { readonly counts: readonly number[] }): number =>
  counts.reduce((sum, count) => sum + count, 0);

describe('duration buckets', () => {
  it('count every duration once, in the first bucket whose bound it does not exceed', () => {
    const bounds = [0, 10, 100];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 300 })), (durations) => {
        const buckets = new DurationBuckets(bounds);
        for (const duration of durations) buckets.observe(duration);
        const between = (low: number, high: number): number =>
          durations.filter((each) => each > low && each <= high).length;
        expect(buckets.counts()).toEqual({
          boundsMs: bounds,
          counts: [between(-Infinity, 0), between(0, 10), between(10, 100), between(100, Infinity)],
          sumMs: durations.reduce((sum, each) => sum + each, 0),
        });
      }),
    );
  });

  it('of two processes are together what one would have counted', () => {
    const [left, right, both] = [1, 2, 3].map(() => new DurationBuckets([5, 50]));
    for (const duration of [1, 7, 70]) [left!, both!].forEach((each) => each.observe(duration));
    for (const duration of [5, 51]) [right!, both!].forEach((each) => each.observe(duration));
    expect(addDurations(left!.counts(), right!.counts())).toEqual(both!.counts());
    expect(addDurations(undefined, left!.counts())).toEqual(left!.counts());
  });
});

describe('the delays of events', () => {
  const fields = (eventTime: unknown): FrameFields => {
    const scanned = new FrameFields();
    const event = {
      e: 'aggTrade',
      E: eventTime,
      s: 'BTCUSDT',
      a: 1,
      p: '1',
      q: '1',
      f: 1,
      l: 1,
      T: 1,
      m: true,
    };
    scanFrame(Buffer.from(JSON.stringify({ stream: 'btcusdt@aggTrade', data: event })), scanned);
    return scanned;
  };

  it('are counted by kind of stream, and below nothing where the clock is behind', () => {
    const delays = new EventDelays();
    delays.observe('BTCUSDT@aggTrade', fields(1000), 1_030_000);
    delays.observe('ETHUSDT@aggTrade', fields(1000), 990_000);
    const { aggtrade } = delays.counts();
    expect(aggtrade).toMatchObject({ boundsMs: EVENT_DELAY_BOUNDS_MS, sumMs: 20 });
    expect([aggtrade!.counts[0], total(aggtrade!)]).toEqual([1, 2]);
  });

  it('are not counted of an event without a time, or with something else in its place', () => {
    const delays = new EventDelays();
    for (const eventTime of [undefined, 'soon', null, 1.5]) {
      const scanned = ((): FrameFields | undefined => {
        try {
          return fields(eventTime);
        } catch {
          return undefined;
        }
      })();
      if (scanned !== undefined) delays.observe('BTCUSDT@aggTrade', scanned, 1_000_000);
    }
    expect(delays.counts()).toEqual({});
  });

  it('are looked at of the first event of a stream and of one in 32', () => {
    const sampled = Array.from({ length: 64 }, (_, index) => index + 1).filter((events) =>
      EventDelays.isSampled(events),
    );
    expect(sampled).toEqual([1, 33]);
  });
});

describe('the meter of a process', () => {
  it('sees CPU time and a blocked event loop', async () => {
    const meter = new ProcessMeter();
    try {
      const before = meter.figures();
      // Two looks before and one after: the first look of all only starts the measurement.
      await new Promise((passed) => setTimeout(passed, 150));
      while (process.cpuUsage().user + process.cpuUsage().system < 1e6 * (before.cpuSeconds + 0.25));
      await new Promise((passed) => setTimeout(passed, 100));
      const after = meter.figures();
      expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThan(0.1);
      const late = after.loopLag.counts.slice(after.loopLag.boundsMs.indexOf(100));
      expect(late.reduce((sum, count) => sum + count, 0)).toBe(1);
    } finally {
      meter.stop();
    }
  });
});
