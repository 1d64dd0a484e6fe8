import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DepthDiff } from '@org/market-data';
import { LiveBook, OrderBook, type SyncJoin } from '@org/orderbook';
import { levelBytes } from './level-bytes.ts';
import {
  haveRecordings,
  readCaptures,
  readRecording,
  type Recording,
  RECORDINGS,
  type Ticker,
} from './recording.ts';

interface Checkpoint {
  readonly applied: number;
  readonly u: number;
  readonly bids: number;
  readonly asks: number;
  readonly bestBid: readonly string[] | undefined;
  readonly bestAsk: readonly string[] | undefined;
  readonly sha256: string;
}

interface ExpectedBook {
  readonly lastUpdateId: number;
  readonly discardedStale: number;
  readonly applied: number;
  readonly first: readonly [number, number];
  readonly last_u: number;
  readonly top10bids: readonly (readonly string[])[];
  readonly top10asks: readonly (readonly string[])[];
  readonly checkpoints: readonly (Checkpoint & { readonly E?: number })[];
}

interface ExpectedGaps extends Pick<ExpectedBook, 'applied' | 'last_u' | 'top10bids' | 'top10asks'> {
  readonly events: readonly (readonly (string | number)[])[];
  readonly end: Omit<Checkpoint, 'applied' | 'u'>;
}

interface Replay {
  readonly live: LiveBook;
  /** A book that was given the same messages as bytes and offsets. */
  readonly byOffsets: OrderBook;
  /** What that book took after its snapshot. */
  readonly bytesOfSnapshot: number;
  readonly joins: readonly SyncJoin[];
  readonly checkpoints: readonly Checkpoint[];
  /** Diffs after which a ticker of the same id, or an older one as the newest, was compared; and those that differed. */
  readonly sameId: number;
  readonly compared: number;
  readonly differing: readonly { readonly u: number; readonly isSameId: boolean }[];
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(RECORDINGS, name), 'utf8'));
const expectedBooks: Record<string, ExpectedBook> = haveRecordings
  ? (readJson('books.json') as Record<string, ExpectedBook>)
  : {};
const withRecordings = haveRecordings ? describe : describe.skip;

function feed(live: LiveBook, recording: Recording): void {
  for (const message of recording.messages) {
    if ('diff' in message) live.diff(message.diff);
    else live.snapshot(message.snapshot);
  }
}

function checkpointOf({ book, counters, lastUpdateId }: LiveBook): Checkpoint {
  return {
    applied: counters.applied,
    u: lastUpdateId!,
    bids: book.count('bid'),
    asks: book.count('ask'),
    bestBid: book.bestBid(),
    bestAsk: book.bestAsk(),
    sha256: book.checksum(),
  };
}

/** Gives the newest ticker whose id is not greater than the one asked for; ids asked for must grow. */
function tickerFollower(tickers: readonly Ticker[]): (updateId: number) => Ticker | undefined {
  const sorted = [...tickers].sort((a, b) => a.updateId - b.updateId);
  let next = 0;
  return (updateId) => {
    while (next < sorted.length && sorted[next]!.updateId <= updateId) next++;
    return sorted[next - 1];
  };
}

function isSameLevel(level: readonly string[] | undefined, expected: readonly string[]): boolean {
  return level !== undefined && level[0] === expected[0] && level[1] === expected[1];
}

function replay(recording: Recording, checkpointsAt: ReadonlySet<number>): Replay {
  const joins: SyncJoin[] = [];
  const checkpoints: Checkpoint[] = [];
  const differing: { u: number; isSameId: boolean }[] = [];
  const tickerAt = tickerFollower(recording.tickers);
  let sameId = 0;
  let compared = 0;
  const byOffsets = new OrderBook();
  let bytesOfSnapshot = 0;
  const applied = (diff: DepthDiff) => {
    const { finalUpdateId: u, bids, asks } = diff;
    const { bytes, offsets } = levelBytes(bids, asks);
    byOffsets.applyOffsets(bytes, offsets, bids.length, asks.length);
    if (checkpointsAt.has(live.counters.applied)) checkpoints.push(checkpointOf(live));
    const ticker = tickerAt(u);
    if (ticker === undefined) return;
    const isSameId = ticker.updateId === u;
    compared++;
    if (isSameId) sameId++;
    const top = live.topOfBook()!;
    if (!isSameLevel(top.bid, ticker.bid) || !isSameLevel(top.ask, ticker.ask))
      differing.push({ u, isSameId });
  };
  const live = new LiveBook(recording.symbol, { applied, joined: (sync) => joins.push(sync) });
  for (const message of recording.messages) {
    if ('diff' in message) continue;
    const { bids, asks } = message.snapshot;
    const { bytes, offsets } = levelBytes(bids, asks);
    byOffsets.replaceWithOffsets(bytes, offsets, bids.length, asks.length);
    bytesOfSnapshot = byOffsets.memoryBytes;
  }
  feed(live, recording);
  return { live, byOffsets, bytesOfSnapshot, joins, checkpoints, sameId, compared, differing };
}

/*
 * Three of 20,632 comparisons with the newest older ticker differ, all within the first three diffs after a join, and
 * only for these ids. The snapshot caught a level in the middle of the time that the joining diff covers; at the end of
 * that time the level was back at its quantity, so the diff does not name it. See docs/adr/0001-update-id-rule.md.
 */
const CAUGHT_IN_BETWEEN: Record<string, readonly number[]> = {
  'coinm-2021-07-22/BCHUSD_PERP': [167006089315, 167006089882],
  'coinm-2021-07-22/TRXUSD_PERP': [167006133937],
};

withRecordings('a live book over a recording', () => {
  const replays = new Map<string, Replay>();

  beforeAll(() => {
    for (const [key, { checkpoints }] of Object.entries(expectedBooks)) {
      replays.set(key, replay(readRecording(key), new Set(checkpoints.map(({ applied }) => applied))));
    }
  }, 120_000);

  // A table must not be empty, not even that of tests which are skipped.
  const keys = haveRecordings ? Object.keys(expectedBooks) : ['an absent recording'];

  describe.each(keys)('of %s', (key) => {
    const expected = expectedBooks[key]!;

    it('joins at the diff, and applies and leaves out the diffs, that the rule says', () => {
      const { live, joins } = replays.get(key)!;
      const [firstUpdateId, finalUpdateId] = expected.first;
      expect(joins).toEqual([{ epoch: 1, snapshotId: expected.lastUpdateId, firstUpdateId, finalUpdateId }]);
      expect(live.counters).toEqual({
        applied: expected.applied,
        covered: expected.discardedStale,
        gaps: 0,
        snapshots: 1,
      });
      expect([live.state, live.lastUpdateId]).toEqual(['live', expected.last_u]);
    });

    it('holds the expected levels at every checkpoint and at the end', () => {
      const { live, checkpoints } = replays.get(key)!;
      expect(checkpoints).toEqual(expected.checkpoints.map(({ E: _, ...checkpoint }) => checkpoint));
      expect(live.book.top(10)).toEqual({ bids: expected.top10bids, asks: expected.top10asks });
      expect(live.book.isCrossed).toBe(false);
    });

    it('holds the same when it is given bytes and offsets', () => {
      const { live, byOffsets } = replays.get(key)!;
      expect(byOffsets.checksum()).toBe(live.book.checksum());
    });

    it('takes no more than 500 KB after its snapshot, and 1 MB at the end', () => {
      const { byOffsets, bytesOfSnapshot, live } = replays.get(key)!;
      expect(bytesOfSnapshot).toBeLessThanOrEqual(500e3);
      expect(byOffsets.memoryBytes).toBeLessThanOrEqual(1e6);
      expect(live.book.memoryBytes).toBeLessThanOrEqual(1e6);
    });

    it('has the best prices of every book ticker', () => {
      const { differing } = replays.get(key)!;
      expect(differing).toEqual((CAUGHT_IN_BETWEEN[key] ?? []).map((u) => ({ u, isSameId: false })));
    });
  });

  it('is compared often enough to mean something', () => {
    const sum = (count: (replayed: Replay) => number) =>
      [...replays.values()].reduce((all, one) => all + count(one), 0);
    expect({
      books: replays.size,
      checkpoints: sum(({ checkpoints }) => checkpoints.length),
      applied: sum(({ live }) => live.counters.applied),
      sameId: sum(({ sameId }) => sameId),
      compared: sum(({ compared }) => compared),
    }).toEqual({ books: 20, checkpoints: 120, applied: 20_653, sameId: 1747, compared: 20_632 });
  });
});

withRecordings('a live book over the recording with 100 messages cut out', () => {
  it('finds the gap at the first message after it and is exact again after the next snapshot', () => {
    const { S1: expected } = readJson('gaps/expected.json') as { S1: ExpectedGaps };
    const events: (string | number)[][] = [];
    const topsWhileNotLive: unknown[] = [];
    const live: LiveBook = new LiveBook('ETHUSDT', {
      joined: ({ snapshotId, firstUpdateId, finalUpdateId }) =>
        events.push(['synced', snapshotId, firstUpdateId, finalUpdateId]),
      gap: (gap) => events.push(['gap', gap.lastUpdateId, gap.previousFinalUpdateId, gap.firstUpdateId]),
      snapshotNeeded: () => topsWhileNotLive.push(live.topOfBook(), live.book.bestBid()),
    });
    feed(live, readCaptures('ETHUSDT', [join(RECORDINGS, 'gaps', 'S1_gap100_then_resnapshot.gz')]));

    expect(events).toEqual(expected.events);
    expect(live.counters).toMatchObject({ applied: expected.applied, gaps: 1, snapshots: 2 });
    expect(topsWhileNotLive).toEqual([undefined, undefined, undefined, undefined]);
    const { bids, asks, bestBid, bestAsk, sha256 } = checkpointOf(live);
    expect({ bids, asks, bestBid, bestAsk, sha256 }).toEqual(expected.end);
    expect(live.lastUpdateId).toBe(expected.last_u);
    expect(live.book.top(10)).toEqual({ bids: expected.top10bids, asks: expected.top10asks });
  });
});
