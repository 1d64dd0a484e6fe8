import type { DepthDiff, DepthSnapshot, PriceLevel } from '@org/market-data';
import { LiveBook, type LiveBookHandlers } from '@org/orderbook';
import { errorWith } from './expected-error.ts';

const times = { eventTimeMs: 0, transactionTimeMs: 0 };

function diff(
  previousFinalUpdateId: number,
  finalUpdateId: number,
  bids: PriceLevel[],
  asks: PriceLevel[] = [],
): DepthDiff {
  const firstUpdateId = previousFinalUpdateId + 1;
  return { symbol: 'BTCUSDT', ...times, firstUpdateId, finalUpdateId, previousFinalUpdateId, bids, asks };
}

function snapshot(lastUpdateId: number, bids: PriceLevel[], asks: PriceLevel[] = []): DepthSnapshot {
  return { symbol: 'BTCUSDT', ...times, lastUpdateId, bids, asks };
}

/** A book that is live at 20 with the bid 100 and the ask 101. */
function liveAt20(handlers?: LiveBookHandlers): LiveBook {
  const live = new LiveBook('BTCUSDT', handlers);
  live.snapshot(snapshot(10, [['100', '1']], [['101', '1']]));
  live.diff(diff(10, 20, [['100', '2']]));
  return live;
}

describe('a live book', () => {
  it('has a top of book as soon as the first diff joined, and not before', () => {
    const live = new LiveBook('BTCUSDT');
    expect(live.topOfBook()).toBeUndefined();
    live.diff(diff(0, 10, [['100', '1']]));
    live.snapshot(snapshot(15, [['100', '1']], [['101', '1']]));
    expect([live.state, live.topOfBook(), live.book.count('bid')]).toEqual(['waiting', undefined, 1]);
    live.diff(diff(10, 20, [['100', '2']]));
    expect([live.state, live.lastUpdateId]).toEqual(['live', 20]);
    expect(live.topOfBook()).toEqual({ bid: ['100', '2'], ask: ['101', '1'] });
  });

  it('has neither a top of book nor levels from a gap until the next join', () => {
    const live = liveAt20();
    live.diff(diff(30, 40, [['100', '4']]));
    expect([live.state, live.topOfBook(), live.book.count('bid')]).toEqual(['buffering', undefined, 0]);
    live.snapshot(snapshot(35, [['100', '3']], [['101', '3']]), live.epoch);
    expect(live.topOfBook()).toEqual({ bid: ['100', '4'], ask: ['101', '3'] });
  });

  it('is legal with an empty side', () => {
    const live = new LiveBook('BTCUSDT');
    live.snapshot(snapshot(-1, []));
    live.diff(diff(-1, 20, [], [['101', '1']]));
    expect(live.topOfBook()).toEqual({ bid: undefined, ask: ['101', '1'] });
    live.diff(diff(20, 30, [], [['101', '0']]));
    expect(live.topOfBook()).toEqual({ bid: undefined, ask: undefined });
  });

  it('counts what it applied, left out, lost and took', () => {
    const live = liveAt20();
    live.diff(diff(0, 10, []));
    live.diff(diff(30, 40, []));
    live.snapshot(snapshot(35, []));
    live.snapshot(snapshot(36, []));
    expect(live.counters).toEqual({ applied: 2, covered: 1, gaps: 1, snapshots: 2 });
  });

  it('tells its handlers what happens, with the book as it is then', () => {
    const events: unknown[] = [];
    const live: LiveBook = liveAt20({
      applied: ({ finalUpdateId }) => events.push(['applied', finalUpdateId]),
      covered: ({ finalUpdateId }) => events.push(['covered', finalUpdateId]),
      joined: (join) => events.push(join),
      gap: (gap) => events.push(gap),
      snapshotNeeded: (request) => events.push(request, live.topOfBook()),
    });
    live.diff(diff(0, 10, []));
    live.diff(diff(30, 40, []));
    expect(events).toEqual([
      { epoch: 1, snapshotId: 10, firstUpdateId: 11, finalUpdateId: 20 },
      ['applied', 20],
      ['covered', 10],
      {
        epoch: 1,
        reason: 'sequence',
        lastUpdateId: 20,
        previousFinalUpdateId: 30,
        firstUpdateId: 31,
        finalUpdateId: 40,
      },
      { epoch: 2, reason: 'gap' },
      undefined,
    ]);
  });

  it('applies nothing of a malformed diff, throws, and asks for a snapshot', () => {
    const reasons: string[] = [];
    const live = liveAt20({ snapshotNeeded: ({ reason }) => reasons.push(reason) });
    expect(() => live.diff(diff(20, 30, [['99', '1']], [['10l', '1']]))).toThrow(
      errorWith('LEVEL_MALFORMED', { level: { side: 'ask', price: '10l', quantity: '1' } }),
    );
    expect([live.state, live.topOfBook(), live.counters.applied, reasons]).toEqual([
      'buffering',
      undefined,
      1,
      ['gap'],
    ]);
    live.snapshot(snapshot(30, [['98', '1']]));
    live.diff(diff(30, 40, []));
    expect(live.topOfBook()).toEqual({ bid: ['98', '1'], ask: undefined });
  });

  it('does not take a malformed snapshot and asks for another', () => {
    const reasons: string[] = [];
    const live = new LiveBook('BTCUSDT', { snapshotNeeded: ({ reason }) => reasons.push(reason) });
    live.diff(diff(10, 20, []));
    expect(() => live.snapshot(snapshot(10, [['1e2', '1']]))).toThrow(errorWith('LEVEL_MALFORMED'));
    expect([reasons, live.counters.snapshots]).toEqual([['start', 'snapshot-malformed'], 0]);
  });

  it('gives the book up on restart', () => {
    const live = liveAt20();
    live.restart();
    expect([live.state, live.epoch, live.topOfBook()]).toEqual(['buffering', 2, undefined]);
  });

  it('refuses messages of another symbol', () => {
    const live = new LiveBook('ETHUSDT');
    const mismatch = errorWith('SYMBOL_MISMATCH');
    expect(() => live.diff(diff(0, 1, []))).toThrow(mismatch);
    expect(() => live.snapshot(snapshot(1, []))).toThrow(mismatch);
    expect(live.state).toBe('buffering');
  });
});
