import { type DayCounts, type MergeEntry, StreamMerge } from '@org/continuity';
import { RECORD_TYPE, type RecordMeta } from '@org/storage';
import fc from 'fast-check';
import { aggTrade, depth, entry, record, recordsOf, START_MS, ticker, tick } from './journal-entries.ts';

const DAY_MS = 86_400_000;
const FIRST_MIDNIGHT_MS = Math.ceil(START_MS / DAY_MS) * DAY_MS;
/** So many milliseconds after {@link START_MS} a day begins, and the one of the number behind that. */
const midnight = (day: number): number => FIRST_MIDNIGHT_MS + day * DAY_MS - START_MS;
const dateOf = (atMs: number): string => new Date(START_MS + atMs).toISOString().slice(0, 10);
const TODAY = dateOf(0);
const UNKNOWN = { duplicates: null, connections: null };

/** The same merge after a crash and a start. */
const again = (merge: StreamMerge): StreamMerge => new StreamMerge({ state: merge.state() });
const withoutDays = (merge: StreamMerge): string =>
  JSON.stringify({ ...(JSON.parse(merge.state()) as object), days: undefined });

const tradeFrom = (connectionId: number, a: number, atMs: number) => aggTrade(a, atMs, { connectionId });

describe('the counts of a day', () => {
  it('are its repeats and the connections that brought anything of the symbol', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, tradeFrom(1, 1, 0), depth(0, 5, 0, { connectionId: 2 })));
    merge.take(entry('b', 1, tradeFrom(1, 1, 1), depth(0, 5, 1), depth(0, 5, 2)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 3, connections: 3 });
    expect(merge.stats().duplicates).toBe(3);
    expect(merge.dayCounts('ETHUSDT', TODAY)).toBeUndefined();
    for (const date of [dateOf(DAY_MS), dateOf(-DAY_MS), 'today', ''])
      expect(merge.dayCounts('BTCUSDT', date)).toBeUndefined();
  });

  it('tell connections of two lives of a lane apart, and leave out what came by none', () => {
    const merge = new StreamMerge();
    merge.take(entry('a', 1, tradeFrom(1, 1, 0), tradeFrom(0, 2, 1)));
    merge.take(entry('a', 2, tradeFrom(1, 3, 2)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 0, connections: 2 });
  });

  it('count a connection that lives over midnight, and a repeat on the day of its own receipt', () => {
    const merge = new StreamMerge();
    const end = midnight(0);
    merge.take(entry('a', 1, tradeFrom(1, 1, end - 2), tradeFrom(1, 2, end - 1)));
    merge.take(entry('b', 1, tradeFrom(1, 1, end - 1), tradeFrom(1, 2, end)));
    merge.take(entry('a', 1, tradeFrom(1, 3, end + 1)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 1, connections: 2 });
    expect(merge.dayCounts('BTCUSDT', dateOf(end))).toEqual({ duplicates: 1, connections: 2 });
  });

  it('count a repeat that was held when the lead covers it, also over a crash', () => {
    const held = new StreamMerge();
    held.take(entry('a', 1, tradeFrom(1, 1, 0)));
    held.take(entry('b', 1, tradeFrom(1, 1, 1), tradeFrom(1, 2, 2)));
    expect(held.stats().heldFrames).toBe(1);
    for (const merge of [again(held), held]) {
      merge.take(entry('a', 1, tradeFrom(1, 2, 3)));
      expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 2, connections: 2 });
    }
  });

  it('count a repeat that was held over midnight on the day before', () => {
    const merge = new StreamMerge();
    const end = midnight(0);
    merge.take(entry('a', 1, tradeFrom(1, 1, end - 5)));
    merge.take(entry('b', 1, tradeFrom(1, 2, end - 1), tradeFrom(1, 3, end + 1)));
    merge.take(entry('a', 1, tradeFrom(1, 2, end + 2), tradeFrom(1, 3, end + 3)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 1, connections: 2 });
    expect(merge.dayCounts('BTCUSDT', dateOf(end))).toEqual({ duplicates: 1, connections: 2 });
  });

  it('go on from the state in the middle of a day', () => {
    let merge = new StreamMerge();
    for (let at = 0; at < 5; at++) {
      merge.take(entry('a', 1, tradeFrom(1, 1, at), ticker(1, at)));
      merge = again(merge);
    }
    expect(merge.dayCounts('BTCUSDT', TODAY)).toMatchObject({ connections: 1, duplicates: 4 });
  });
});

describe('the count of a day that was not counted from its beginning', () => {
  it('is null after an update from a state without counts, and that of the next day is known', () => {
    const before = new StreamMerge();
    before.take(entry('a', 1, tradeFrom(1, 1, 0)));
    const merge = new StreamMerge({ state: withoutDays(before) });
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual(UNKNOWN);
    merge.take(entry('b', 1, tradeFrom(1, 1, 1)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual(UNKNOWN);
    merge.take(entry('b', 1, tradeFrom(1, 2, midnight(0))));
    expect(merge.dayCounts('BTCUSDT', dateOf(midnight(0)))).toEqual({ duplicates: 0, connections: 1 });
    expect(again(merge).dayCounts('BTCUSDT', TODAY)).toEqual(UNKNOWN);
  });

  it('is null where the store has rows and nobody knows up to where, and what was before is not known', () => {
    const merge = again(new StreamMerge({ isSeamUnknown: true }));
    const at = midnight(0);
    merge.take(entry('a', 1, tradeFrom(1, 1, at), tradeFrom(1, 2, at + DAY_MS)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toBeUndefined();
    expect(merge.dayCounts('BTCUSDT', dateOf(at))).toEqual(UNKNOWN);
    expect(merge.dayCounts('BTCUSDT', dateOf(at + DAY_MS))).toEqual({ duplicates: 0, connections: 1 });
  });

  it('is known of the first day of a recording', () => {
    const merge = again(new StreamMerge());
    merge.take(entry('a', 1, tradeFrom(1, 1, 0)));
    expect(merge.dayCounts('BTCUSDT', TODAY)).toEqual({ duplicates: 0, connections: 1 });
  });
});

describe('what the counts keep', () => {
  it('is three days of a symbol, also when the recorder was down between them', () => {
    const merge = new StreamMerge();
    const days = [0, 1, 4, 9].map(midnight);
    days.forEach((at, index) => merge.take(entry('a', 1, tradeFrom(1, index + 1, at))));
    const known = days.map((at) => merge.dayCounts('BTCUSDT', dateOf(at))?.connections);
    expect(known).toEqual([undefined, 1, 1, 1]);
    merge.take(entry('b', 1, tradeFrom(1, 1, days[0]!)));
    expect(merge.dayCounts('BTCUSDT', dateOf(days[0]!))).toBeUndefined();
    expect(merge.dayCounts('BTCUSDT', dateOf(days[1]!))).toMatchObject({ connections: 1 });
  });

  it('is nothing of a day that was given up and is there again, since the clock was set back', () => {
    const merge = new StreamMerge();
    [0, 1, 2, 3].forEach((day) => merge.take(entry('a', 1, tradeFrom(1, day + 1, midnight(day)))));
    merge.take(entry('w', 1, tick(midnight(0))));
    merge.take(entry('a', 1, tradeFrom(1, 5, midnight(0))));
    expect(merge.dayCounts('BTCUSDT', dateOf(midnight(0)))).toBeUndefined();
    expect(merge.dayCounts('BTCUSDT', dateOf(midnight(1)))).toMatchObject({ connections: 1 });
  });

  it('are days around the present ones, when a clock ran ahead', () => {
    const merge = new StreamMerge();
    const ahead = midnight(4000);
    merge.take(entry('a', 1, tradeFrom(1, 1, midnight(0)), tradeFrom(1, 2, ahead)));
    merge.take(entry('w', 1, tick(midnight(0))));
    for (const day of [1, 2, 3]) merge.take(entry('a', 1, tradeFrom(1, 2 + day, midnight(day))));
    expect(merge.dayCounts('BTCUSDT', dateOf(ahead))).toBeUndefined();
    expect(merge.dayCounts('BTCUSDT', dateOf(midnight(1)))).toEqual({ duplicates: 0, connections: 1 });
  });

  it('is 256 connections of a day; one that comes again after so many others counts again', () => {
    let merge = new StreamMerge();
    const bring = (connectionId: number, a: number) =>
      merge.take(entry('a', 1, tradeFrom(connectionId, a, a)));
    for (let n = 1; n <= 256; n++) bring(n, n);
    bring(1, 257);
    expect(merge.dayCounts('BTCUSDT', TODAY)).toMatchObject({ connections: 256 });
    merge = again(merge);
    bring(257, 258);
    bring(2, 259);
    expect(merge.dayCounts('BTCUSDT', TODAY)).toMatchObject({ connections: 257 });
    bring(1, 260);
    expect(merge.dayCounts('BTCUSDT', TODAY)).toMatchObject({ connections: 258 });
    expect(merge.state().length).toBeLessThan(256 * 25);
  });

  it('is no connection that no day needs any more, and every other one', () => {
    let merge = new StreamMerge();
    for (let day = 0; day < 200; day++) {
      const atMs = day * DAY_MS;
      // One connection brings a trade in the morning and a ticker in the evening; in between, others come and go.
      merge.take(entry('whole', 1, tradeFrom(1, day * 10 + 1, atMs)));
      for (let n = 2; n <= 10; n++)
        merge.take(entry('brief', day * 10 + n, tradeFrom(1, day * 10 + n, atMs)));
      merge.take(entry('whole', 1, ticker(day, atMs)));
      expect(merge.dayCounts('BTCUSDT', dateOf(atMs))).toEqual({ duplicates: 0, connections: 10 });
      if (day % 10 === 0) merge = again(merge);
    }
    expect(merge.state().length).toBeLessThan(270 * 25);
  });

  it('stays small in the state: connections are listed once for all symbols', () => {
    const merge = new StreamMerge();
    for (let n = 0; n < 100; n++)
      for (const lane of ['worker-1/a', 'worker-1/b']) {
        const stream = `S${n}USDT@aggTrade`;
        const meta = { order: 1, follows: 0 };
        merge.take(entry(lane, 1, record(RECORD_TYPE.frame, stream, 0, '{}', meta)));
      }
    const grown = merge.state().length - withoutDays(merge).length;
    expect(grown / 100).toBeLessThan(45);
  });

  it.each([
    '[]',
    '{}',
    'null',
    '[0,[],[["BTCUSDT",-1,[[1,0,0,[0]]]]]]',
    '[0,[],[["BTCUSDT",-1,[[null,0,0,[]]]]]]',
    '["0",[],[]]',
  ])('is refused where it is no such thing: %s', (days) => {
    const state = { ...(JSON.parse(new StreamMerge().state()) as object), days: JSON.parse(days) as unknown };
    expect(() => new StreamMerge({ state: JSON.stringify(state) })).toThrow(
      expect.objectContaining({ code: 'STATE_UNREADABLE' }) as Error,
    );
  });
});

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const STREAMS = SYMBOLS.flatMap((symbol) => [
  `${symbol}@aggTrade`,
  `${symbol}@depth`,
  `${symbol}@bookTicker`,
]);
const DAYS = 3;

/** An event of any source, connection and stream: mostly the next one of its stream, or one that was there before. */
const anyEvent = fc.record({
  lane: fc.constantFrom('a', 'b', 'c'),
  epoch: fc.integer({ min: 1, max: 2 }),
  connectionId: fc.integer({ min: 0, max: 4 }),
  stream: fc.constantFrom(...STREAMS),
  step: fc.integer({ min: -4, max: 3 }),
  /** How much later than the one before it is received; now and then around the next midnight instead. */
  pauseMs: fc.integer({ min: -3000, max: 3000 }),
  isAtMidnight: fc.integer({ min: 0, max: 15 }).map((one) => one === 0),
});

type AnyEvent = ReturnType<typeof eventsArbitrary.generate>['value'][number];
const eventsArbitrary = fc.array(anyEvent, { minLength: 1, maxLength: 120 });

/** Entries of these events, received within three days, and one behind them that ends all waiting. */
function journalOf(events: readonly AnyEvent[]): MergeEntry[] {
  const orders = new Map<string, number>();
  let atMs = midnight(0);
  const journal = events.map(({ lane, epoch, connectionId, stream, step, pauseMs, isAtMidnight }) => {
    const fromMs = isAtMidnight ? midnight(Math.floor((atMs - midnight(0)) / DAY_MS) + 1) : atMs;
    atMs = Math.min(Math.max(midnight(0), fromMs + pauseMs), midnight(DAYS) - 1);
    const order = Math.max(1, (orders.get(stream) ?? 10) + step);
    orders.set(stream, order);
    const isChained = !stream.endsWith('bookTicker');
    const meta = { connectionId, order, ...(isChained ? { follows: order - 1 } : {}) };
    return entry(lane, epoch, record(RECORD_TYPE.frame, stream, atMs, '{}', meta));
  });
  return [...journal, entry('w', 1, tick(midnight(DAYS) + 10_000))];
}

const dateOfRecord = ({ receivedAtUs }: RecordMeta): string =>
  new Date(receivedAtUs / 1000).toISOString().slice(0, 10);
const keyOf = (meta: RecordMeta): string => `${meta.stream.split('@')[0]} ${dateOfRecord(meta)}`;

/** What is not stored was a repeat; and every connection is in a set. */
function naiveCounts(
  journal: readonly MergeEntry[],
  stored: readonly RecordMeta[],
): Record<string, DayCounts> {
  const came = new Map<string, { events: number; connections: Set<string> }>();
  for (const { lane, epoch, payload } of journal)
    for (const { meta } of recordsOf(payload)) {
      if (meta.type !== RECORD_TYPE.frame) continue;
      const day = came.get(keyOf(meta)) ?? { events: 0, connections: new Set() };
      came.set(keyOf(meta), day);
      day.events++;
      if (meta.connectionId > 0) day.connections.add(`${lane} ${epoch} ${meta.connectionId}`);
    }
  const storedOf = (key: string): number => stored.filter((meta) => keyOf(meta) === key).length;
  return Object.fromEntries(
    [...came].map(([key, { events, connections }]) => [
      key,
      { duplicates: events - storedOf(key), connections: connections.size },
    ]),
  );
}

/** Every count that there is; before the entries that are named the merge goes on from its state. */
function playedCounts(journal: readonly MergeEntry[], cuts: ReadonlySet<number>) {
  let merge = new StreamMerge();
  const stored = journal.flatMap((one, index) => {
    if (cuts.has(index)) merge = again(merge);
    return recordsOf(merge.take(one)).flatMap(({ meta }) => (meta.type === RECORD_TYPE.frame ? meta : []));
  });
  expect(merge.stats().heldFrames).toBe(0);
  const counts: Record<string, DayCounts> = {};
  for (const symbol of SYMBOLS)
    for (let day = 0; day < DAYS; day++) {
      const date = dateOf(midnight(day));
      const found = merge.dayCounts(symbol, date);
      if (found !== undefined) counts[`${symbol} ${date}`] = found;
    }
  return { counts, stored };
}

describe('the counts of any journal', () => {
  it('are those of a naive count, wherever it is cut', () => {
    fc.assert(
      fc.property(eventsArbitrary, fc.array(fc.nat(120), { maxLength: 3 }), (events, cuts) => {
        const journal = journalOf(events);
        const { counts, stored } = playedCounts(journal, new Set());
        expect(counts).toEqual(naiveCounts(journal, stored));
        expect(playedCounts(journal, new Set(cuts)).counts).toEqual(counts);
      }),
      { numRuns: 300 },
    );
  });
});
