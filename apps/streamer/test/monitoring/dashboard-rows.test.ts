import fc from 'fast-check';
import { formatFact } from '../../src/monitoring/page/client/facts.ts';
import {
  formatBytes,
  formatDuration,
  formatRate,
  formatSpread,
} from '../../src/monitoring/page/client/format.ts';
import {
  type BookTop,
  type Observation,
  p99Between,
  secondsBetween,
  type StreamStatus,
} from '../../src/monitoring/page/client/recorder-status.ts';
import {
  filterRows,
  sortRows,
  type SymbolRow,
  symbolRows,
} from '../../src/monitoring/page/client/symbol-rows.ts';
import { toldStatus } from './told-status.ts';

function observation(
  second: number,
  streams: Partial<StreamStatus>[],
  tops: BookTop[] = [],
  startedAt = '',
): Observation {
  const status = toldStatus(['BTCUSDT'], { observedAt: new Date(second * 1000).toISOString(), startedAt });
  const whole = streams.map((stream) => ({
    stream: 'BTCUSDT@aggTrade', lastEventAgeMs: 40, events: 0, gaps: 0, alarm: null, ...stream,
  })); // prettier-ignore
  return { status: { ...status, streams: whole }, tops: new Map(tops.map((top) => [top.symbol, top])) };
}

const row = (more: Partial<SymbolRow>): SymbolRow => ({
  symbol: 'A', book: 'live', eventsPerSecond: 1, ageMs: 1, bid: '1', ask: '2', spread: 1, gaps: 0, alarms: '', ...more,
}); // prettier-ignore

describe('the rows of the dashboard', () => {
  it('have as many events a second as came between two answers, of all streams of the symbol', () => {
    const before = observation(10, [{ events: 100 }, { stream: 'BTCUSDT@depth@0ms', events: 50 }]);
    const after = observation(12, [
      { events: 110, gaps: 2, lastEventAgeMs: 900 },
      { stream: 'BTCUSDT@depth@0ms', events: 90, gaps: 1, alarm: 'silent', lastEventAgeMs: 30 },
    ]);
    expect(symbolRows(before, after)).toMatchObject([
      {
        symbol: 'BTCUSDT',
        book: 'live',
        eventsPerSecond: 25,
        ageMs: 30,
        gaps: 3,
        alarms: 'depth@0ms: silent',
      },
    ]);
  });

  it('have no rate before there are two answers, or across a restart of the recorder', () => {
    const after = observation(12, [{ events: 110 }]);
    expect(symbolRows(undefined, after)[0]!.eventsPerSecond).toBeUndefined();
    const earlierLife = observation(10, [{ events: 9000 }], [], 'before');
    expect(symbolRows(earlierLife, after)[0]!.eventsPerSecond).toBeUndefined();
    expect(secondsBetween(after.status, after.status)).toBe(0);
  });

  it('show no price of a book that is not in sync or has an empty side', () => {
    const [none] = symbolRows(undefined, observation(1, [{}], [{ symbol: 'BTCUSDT', error: 'stale' }]));
    expect(none).toMatchObject({ bid: undefined, ask: undefined, spread: undefined });
    const [half] = symbolRows(
      undefined,
      observation(1, [{}], [{ symbol: 'BTCUSDT', bid: ['5.0', '1'], ask: null }]),
    );
    expect(half).toMatchObject({ bid: '5.0', ask: undefined, spread: undefined });
  });

  it('are sorted by numbers as numbers, what is unknown last in both directions', () => {
    const rows = [
      row({ symbol: 'A', bid: '9' }),
      row({ symbol: 'B', bid: undefined }),
      row({ symbol: 'C', bid: '10' }),
    ];
    const sorted = (isDescending: boolean) =>
      sortRows(rows, { column: 'bid', isDescending }).map(({ symbol }) => symbol);
    expect(sorted(false)).toEqual(['A', 'C', 'B']);
    expect(sorted(true)).toEqual(['C', 'A', 'B']);
  });

  it('keep one order whatever order they come in', () => {
    const rows = fc.uniqueArray(
      fc.record({
        symbol: fc.stringMatching(/^[A-Z]{1,4}$/),
        gaps: fc.nat(3),
        ageMs: fc.option(fc.nat(5), { nil: undefined }),
      }),
      { selector: ({ symbol }) => symbol, maxLength: 12 },
    );
    const column = fc.constantFrom('symbol', 'gaps', 'ageMs');
    fc.assert(
      fc.property(rows, column, fc.boolean(), (parts, by, isDescending) => {
        const order = { column: by, isDescending } as const;
        const all = parts.map(row);
        expect(sortRows([...all].reverse(), order)).toEqual(sortRows(all, order));
      }),
    );
  });

  it('are found by a part of their name in any case, and by their troubles', () => {
    const rows = [
      row({ symbol: 'BTCUSDT' }),
      row({ symbol: 'ETHUSDT', gaps: 1 }),
      row({ symbol: 'AUSDT', alarms: 'x' }),
    ];
    expect(filterRows(rows, ' eth', false).map(({ symbol }) => symbol)).toEqual(['ETHUSDT']);
    expect(filterRows(rows, '', true).map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'AUSDT']);
  });
});

describe('the latency of the dashboard', () => {
  const counts = (...values: number[]) => ({ boundsMs: [10, 100], counts: values });

  it('is that of the batches between two answers', () => {
    expect(p99Between(counts(1000, 0, 0), counts(1000, 5, 0))).toBe(100);
    expect(p99Between(counts(1000, 5, 0), counts(1990, 5, 0))).toBe(10);
    expect(p99Between(null, counts(1, 0, 9))).toBe(100);
  });

  it('is unknown where there were none', () => {
    expect(p99Between(counts(1, 2, 3), counts(1, 2, 3))).toBeUndefined();
    expect(p99Between(null, null)).toBeUndefined();
  });
});

describe('numbers of the dashboard', () => {
  it.each([
    [formatBytes(0), '0 B'],
    [formatBytes(1536), '1.5 KiB'],
    [formatBytes(300 * 1024 ** 2), '300 MiB'],
    [formatBytes(undefined), '–'],
    [formatDuration(41.6), '42 ms'],
    [formatDuration(1500), '1.5 s'],
    [formatDuration(61_000), '1 min 1 s'],
    [formatDuration(3_660_000), '1 h 1 min'],
    [formatDuration(200 * 3_600_000), '8 d 8 h'],
    [formatRate(2.345), '2.3'],
    [formatRate(12_345.6), '12,346'],
    [formatSpread(0.30000000000000004, '10.30'), '0.30'],
    [formatSpread(1e-8, '0.00000123'), '0.00000001'],
    [formatSpread(3, '70'), '3'],
  ])('are short: %s', (text, expected) => expect(text).toBe(expected));
});

describe('a figure that the page does not know', () => {
  it.each([
    ['freeBytes', 1024 ** 3, 'Free', '1.0 GiB'],
    ['bytesPerSecond', 2048, 'Bytes per second', '2.0 KiB/s'],
    ['bytesIn', 10, 'Bytes in', '10 B'],
    ['fullInSeconds', 90, 'Full in', '1 min 30 s'],
    ['lastAt', '2026-11-22T10:00:00Z', 'Last', expect.stringMatching(/^\d\d:\d\d:\d\d$/)],
    ['lastAt', 'never', 'Last', 'never'],
    ['failed', 12345, 'Failed', '12,345'],
    ['shedStreams', [], 'Shed streams', 'none'],
    ['shedStreams', ['kline_1m', 'trade'], 'Shed streams', 'kline_1m, trade'],
    ['current', null, 'Current', '–'],
    ['parts', { a: 1 }, 'Parts', '{"a":1}'],
    ['note', 'x'.repeat(300), 'Note', `${'x'.repeat(200)} …`],
  ])('is read by the unit at the end of its name: %s', (name, value, title, text) => {
    expect(formatFact(name, value)).toEqual({ title, text });
  });
});
